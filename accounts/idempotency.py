"""Requests that may be repeated safely: `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.current_user import current_user
from accounts.exceptions import IdempotencyInFlight, IdempotencyKeyReused, InvalidIdempotencyKey
from accounts.models import IdempotencyKey

KEPT: Final = timedelta(hours=24)
"""How long a repeat gets the first response; Stripe keeps its keys as long."""

LONGEST: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """The object that a request made.

    Attributes:
        object_id: its primary key.
        reference: its id with another provider, if it was made there.
        data: what the response shows of it, if `make` knows that already; None for a repeat.
    """

    object_id: int
    reference: str = ""
    data: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a request did, the first time."""

    object_id: int
    status: int
    replayed: bool
    reference: str = ""


def idempotent(
    request: Request,
    *,
    route: str,
    status: int,
    make: Callable[[], Made],
    respond: Callable[[Made], Response],
    body: Mapping[str, Any] | None = None,
    outside_transaction: bool = False,
) -> Response:
    """Make an object once for each `Idempotency-Key`; a repeat shows the same object as it is now.

    Args:
        request: of a signed-in user.
        route: as `once` takes it.
        status: as `once` takes it.
        make: makes the object.
        respond: renders it, after the commit, for the first request and for repeats.
        body: what was asked; by default the request's own data.
        outside_transaction: `make` calls a provider, so it runs before the transaction that stores the key. Then two
            requests at once with one key may both run it, and it has to be harmless if they do.

    Raises:
        InvalidIdempotencyKey, IdempotencyInFlight, IdempotencyKeyReused: as `once` raises them.
    """
    key = request.headers.get("Idempotency-Key")
    if body is None:
        # Without a key nothing reads it, so that a malformed one is no error. Our parser accepts objects only.
        body = cast(Mapping[str, Any], request.data) if key is not None else {}
    names: dict[str, Any] = {"user_id": current_user(request).pk, "route": route, "key": key, "body": body}
    made: Made | None = None
    if outside_transaction:
        outcome = _earlier(**names)
        if outcome is None:
            made = make()
            object_id = made.object_id
            outcome = once(**names, status=status, work=lambda: object_id, reference=made.reference)
    else:

        def work() -> int:
            nonlocal made
            made = make()
            return made.object_id

        outcome = once(**names, status=status, work=work)
    response = respond(made or Made(object_id=outcome.object_id, reference=outcome.reference))
    if outcome.replayed:
        response["Idempotency-Replayed"] = "true"
    return response


def once(
    *,
    user_id: int,
    route: str,
    key: str | None,
    body: Mapping[str, Any],
    status: int,
    work: Callable[[], int],
    reference: str = "",
) -> Outcome:
    """Do `work`, and never a second time for the same user, route and key within 24 hours.

    What fails is not kept: the key's row commits together with the work, in one transaction.

    Args:
        user_id: whose key it is; the same key of another user is another key.
        route: a name of the endpoint, at most 80 characters.
        key: the header's value; without one the work is done each time.
        body: what was asked, of JSON's types; a repeat has to ask the same.
        status: the HTTP status of the first response, kept for repeats.
        work: makes the object, in a transaction of its own, and returns its id.
        reference: the object's id with another provider, if it was made there, before.

    Raises:
        InvalidIdempotencyKey: the key is not 1 to 255 printable ASCII characters.
        IdempotencyInFlight: a request with this key is being worked on at this moment.
        IdempotencyKeyReused: the key came before with another body.
    """
    if key is None:
        return Outcome(object_id=work(), status=status, replayed=False, reference=reference)
    _check(key)
    names = _names(user_id, route, key)
    with transaction.atomic():
        _hold(f"{user_id}/{route}/{names['key_hash']}")
        if first := _first(names, body):
            return first
        made: dict[str, Any] = {"status": status, "object_id": work(), "reference": reference}
        kept = {"body_hash": _digest_of(body), "created_at": Now(), **made}
        IdempotencyKey.objects.update_or_create(**names, defaults=kept)
        return Outcome(**made, replayed=False)


def object_of(*, user_id: int, route: str, key: str) -> int | None:
    """The id of what a request with this key made; None if there was none within `KEPT`."""
    kept = IdempotencyKey.objects.filter(**_names(user_id, route, key), created_at__gt=Now() - KEPT)
    return kept.values_list("object_id", flat=True).first()


def _earlier(*, user_id: int, route: str, key: str | None, body: Mapping[str, Any]) -> Outcome | None:
    if key is None:
        return None
    _check(key)
    return _first(_names(user_id, route, key), body)


def _check(key: str) -> None:
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        raise InvalidIdempotencyKey


def _names(user_id: int, route: str, key: str) -> dict[str, Any]:
    return {"user_id": user_id, "route": route, "key_hash": _digest("key", key)}


def _first(names: dict[str, Any], body: Mapping[str, Any]) -> Outcome | None:
    first = IdempotencyKey.objects.filter(**names, created_at__gt=Now() - KEPT).first()
    if first is None:
        return None
    if first.body_hash != _digest_of(body):
        raise IdempotencyKeyReused
    return Outcome(object_id=first.object_id, status=first.status, replayed=True, reference=first.reference)


def _hold(name: str) -> None:
    """Take the lock of this key until the transaction ends, or give up at once: who waits would hold a connection."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise IdempotencyInFlight(retry_after=1)


def _digest_of(body: Mapping[str, Any]) -> str:
    return _digest("body", json.dumps(body, sort_keys=True))


def _digest(kind: str, text: str) -> str:
    """Hash with a key outside the database: the body may be a user's message."""
    return salted_hmac(f"accounts.idempotency.{kind}", text, algorithm="sha256").hexdigest()
