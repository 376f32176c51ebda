"""Requests with an API key: `Authorization: Bearer kvk_…`. One query for each, and one write a minute."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts.api_keys import key_text
from accounts.exceptions import ApiKeyEnded, ApiKeyExpired, ApiKeyInvalid
from accounts.models import ApiKey, User
from accounts.tokens import is_key
from config.infrastructure.compiled import compiled
from config.infrastructure.database import prepared_cursor

USE_NOTED: Final = timedelta(minutes=1)
"""How often the last use of a key is written at most."""

NOTE_USE: Final = """
    UPDATE accounts_apikey SET last_used_at = statement_timestamp() WHERE id = (
        SELECT id FROM accounts_apikey
        WHERE id = %(id)s
          AND (last_used_at IS NULL OR last_used_at <= statement_timestamp() - make_interval(secs => %(seconds)s))
        FOR NO KEY UPDATE SKIP LOCKED
    )
"""
"""Requests at once write it once, and none waits for a send that holds the row."""


@compiled
def _found(key_id: UUID) -> QuerySet[ApiKey]:
    """The key with its user and entitlement, and what the database's clock says of it."""
    return (
        ApiKey.objects.select_related("user", "user__entitlement")
        .annotate(
            is_expired=_is(Q(expires_at__lte=Now())),
            was_replaced=_is(Q(previous_until=None) | Q(previous_until__lte=Now())),
            use_is_unknown=_is(Q(last_used_at=None) | Q(last_used_at__lte=Now() - USE_NOTED)),
        )
        .filter(pk=key_id)
    )


def _is(condition: Q) -> "ExpressionWrapper[Q]":
    return ExpressionWrapper(condition, output_field=BooleanField())


def key_of(text: str) -> ApiKey:
    """Return the key of this text, with its user and entitlement, and note its use.

    Raises:
        ApiKeyInvalid: it is not one of ours. Why a key of ours does not work is told only to who has its secret.
        ApiKeyExpired: its time is over, or that of the secret before the last rotation.
        ApiKeyEnded: it was revoked, or its user was disabled or signed out everywhere.
    """
    given = key_text.read(text)
    found = _found(key_id=given.id)
    if not found:
        raise ApiKeyInvalid
    key, digest = found[0], given.digest
    is_current = constant_time_compare(digest, key.secret_hash)
    if not is_current and not constant_time_compare(digest, key.previous_hash):
        raise ApiKeyInvalid
    if key.revoked_at is not None or not key.user.is_active:
        raise ApiKeyEnded
    if getattr(key, "is_expired") if is_current else getattr(key, "was_replaced"):  # noqa: B009  annotations
        raise ApiKeyExpired
    if getattr(key, "use_is_unknown"):  # noqa: B009
        _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    with prepared_cursor() as cursor:
        cursor.execute(NOTE_USE, {"id": key.pk, "seconds": USE_NOTED.total_seconds()})


def living_key(key_id: UUID) -> ApiKey:
    """Return a key that works by its id, which has to come from a trusted source.

    Raises:
        ApiKeyEnded: it does not work any more.
    """
    key = ApiKey.objects.living().select_related("user", "user__entitlement").filter(pk=key_id).first()
    if key is None:
        raise ApiKeyEnded
    return key


def living_keys(key_ids: Collection[UUID]) -> list[UUID]:
    """Return which of these keys work."""
    return list(ApiKey.objects.living().filter(pk__in=key_ids).values_list("pk", flat=True))


class ApiKeyAuthentication(BaseAuthentication):
    """A key instead of an access token. `request.auth` is the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return whose key it is, or None without one.

        Raises:
            ApiKeyInvalid, ApiKeyExpired, ApiKeyEnded: as `key_of` raises them.
        """
        scheme, _, credentials = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer" or not is_key(text := credentials.strip()):
            return None
        key = key_of(text.decode("latin-1"))
        for name, value in (("user_id", key.user_id), ("api_key_id", key.pk)):
            setattr(request._request, name, value)  # noqa: SLF001  for the request's log line
        return key.user, key
