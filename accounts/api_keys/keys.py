"""Making, rotating and ending API keys: one function for each, in one transaction.

The locks are taken in the order user, session, key, as by whatever ends them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, When
from django.db.models.functions import Least, Now, TruncDate

from accounts import audit, sessions
from accounts.api_keys import key_text
from accounts.exceptions import (
    ApiKeyNotFound,
    OverlapRunning,
    RecentSignInRequired,
    SessionEnded,
    TooManyApiKeys,
)
from accounts.models import ApiKey, Scope, Session, User

MOST: Final = 20
"""Keys per user, expired ones among them."""

USUAL_DAYS: Final = 90
LONGEST_DAYS: Final = 365
MOST_UNITS: Final = 1_000_000
LONGEST_OVERLAP: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A key with its text, which is known only now."""

    key: ApiKey
    text: str


def of_user(user_id: int) -> QuerySet[ApiKey]:
    """The user's keys, the newest first, each with `units_today`: what it has consumed on this day (UTC)."""
    today = When(units_day=TruncDate(Now()), then=F("units_used"))
    mine = ApiKey.objects.for_user(user_id)
    return mine.annotate(units_today=Case(today, default=0, output_field=IntegerField())).order_by("-created_at", "id")


def make(
    *,
    session: Session,
    name: str,
    scopes: Sequence[Scope],
    models: Sequence[str] | None = None,
    allowed_origins: Sequence[str] = (),
    daily_units: int | None = None,
    lifetime: timedelta = timedelta(days=USUAL_DAYS),
) -> Shown:
    """Make a key for the user of a session.

    Args:
        session: of the request; its sign-in has to be recent.
        name: for the user to tell their keys apart.
        scopes: what the key may do.
        models: those that may reply to it; None for all of the user's tier.
        allowed_origins: whose pages may use it.
        daily_units: that it may consume of the user's; None for all.
        lifetime: from now, at most `LONGEST_DAYS`.

    Raises:
        RecentSignInRequired: the sign-in is more than ten minutes ago, or was ended since.
        SessionEnded: the user was disabled or erased since the request was authenticated.
        TooManyApiKeys: the user has `MOST` already. The user's lock makes the count exact.
    """
    text = key_text.new(uuid4())
    with transaction.atomic():
        _hold(session)
        if ApiKey.objects.for_user(session.user_id).count() >= MOST:
            raise TooManyApiKeys
        ApiKey.objects.create(
            pk=text.id,
            user_id=session.user_id,
            name=name,
            secret_hash=text.digest,
            scopes=list(scopes),
            model_names=None if models is None else list(models),
            allowed_origins=list(allowed_origins),
            daily_units=daily_units,
            expires_at=Now() + lifetime,
        )
        key = of_user(session.user_id).get(pk=text.id)
    audit.record("api_key_made", user_id=session.user_id, session_id=session.pk, api_key_id=str(text.id))
    return Shown(key=key, text=str(text))


def rotate(
    *, session: Session, key_id: UUID, overlap: timedelta, lifetime: timedelta = timedelta(days=USUAL_DAYS)
) -> Shown:
    """Give a key another secret. The former one works for `overlap` more, but not beyond its own time.

    Both are one key: they share its scopes, its units and its end. An expired key works again, with the new secret.

    Args:
        session: of the request; its sign-in has to be recent.
        key_id: of the key.
        overlap: at most `LONGEST_OVERLAP`. Without one, every former secret ends at once.
        lifetime: of the new secret, from now.

    Raises:
        RecentSignInRequired, SessionEnded: as `make` raises them.
        ApiKeyNotFound: it is not one of the user's.
        OverlapRunning: the secret before the last rotation still works, and `overlap` asks to keep the current one.
    """
    text = key_text.new(key_id)
    with transaction.atomic():
        _hold(session)
        mine = ApiKey.objects.for_user(session.user_id).filter(pk=key_id)
        is_over = Q(previous_until=None) | Q(previous_until__lte=Now())
        rotated = (mine.filter(is_over) if overlap else mine).update(
            previous_hash=F("secret_hash"),
            previous_until=Least(Now() + overlap, F("expires_at")),
            secret_hash=text.digest,
            expires_at=Now() + lifetime,
            rotated_at=Now(),
        )
        if not rotated:
            raise OverlapRunning if mine.exists() else ApiKeyNotFound
        key = of_user(session.user_id).get(pk=key_id)
    audit.record("api_key_rotated", user_id=session.user_id, session_id=session.pk, api_key_id=str(key_id))
    return Shown(key=key, text=str(text))


def revoke(*, user_id: int, key_id: UUID) -> None:
    """End a key of the user; no request with it is accepted after this.

    Raises:
        ApiKeyNotFound: it is not one of the user's, or was revoked before.
    """
    if not ApiKey.objects.for_user(user_id).filter(pk=key_id).update(revoked_at=Now()):
        raise ApiKeyNotFound
    audit.record("api_key_revoked", user_id=user_id, api_key_id=str(key_id))


def end_all(*, user_id: int) -> None:
    """End every key of the user. Call it after the user's sessions have ended, so that none of them makes another."""
    count = ApiKey.objects.for_user(user_id).update(revoked_at=Now())
    if count:
        audit.record("api_keys_ended", user_id=user_id, count=count)


def _hold(session: Session) -> None:
    """Lock the user and the session until the transaction ends, and check that both still stand.

    What ends them either waits for this transaction and finds its key, or is seen here.
    """
    living = User.objects.select_for_update(no_key=True).filter(pk=session.user_id, is_active=True)
    if living.first() is None:
        raise SessionEnded
    if sessions.recent(session).select_for_update(no_key=True).first() is None:
        raise RecentSignInRequired("An API key can be made and rotated within ten minutes of a sign-in.")
