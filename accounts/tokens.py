"""Access and refresh tokens. A `Session` is the family of refresh tokens that follow one another (RFC 9700, 4.14.2).

The only module that knows the JWT library. It uses the library only to read and sign: the row of the session
decides which tokens are active. Tokens carry no `iat`: the library refuses one that is a moment ahead of this machine's
clock, while a refresh token is timed by the database's.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Func, QuerySet
from django.db.models.functions import Now
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from accounts import audit
from accounts.exceptions import SessionEnded, TokenExpired, TokenInvalid, TokenReused
from accounts.models import Session, User
from accounts.models.api_keys import KEY_PREFIX
from config.infrastructure.compiled import compiled

ACCESS_LIFETIME: Final[timedelta] = api_settings.ACCESS_TOKEN_LIFETIME
REFRESH_LIFETIME: Final[timedelta] = api_settings.REFRESH_TOKEN_LIFETIME
FAMILY_LIFETIME: Final = timedelta(days=90)
"""After this the user has to sign in again, however often the token was refreshed."""

GRACE: Final = timedelta(seconds=30)
"""How long a token that was replaced still gives the newest one: a lost response or a late copy is no theft."""

REMEMBERED: Final = 8
"""Replaced tokens that a session remembers, for `GRACE`; no client refreshes more often within it."""

SESSION, USER, ID = "sid", api_settings.USER_ID_CLAIM, api_settings.JTI_CLAIM


class _Newest(Func):
    """A value before those of an array, of which the newest `REMEMBERED` are kept."""

    template = f"(array_prepend(%(expressions)s))[1:{REMEMBERED}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a sign-in or a refresh gives. `session` has its user loaded."""

    session: Session
    access: str
    refresh: str
    refresh_expires_at: datetime


def pair_of(session: Session) -> Pair:
    """Sign a new access token, and the current refresh token of the session, which is the same every time."""
    expires_at = min(session.rotated_at + REFRESH_LIFETIME, session.created_at + FAMILY_LIFETIME).replace(microsecond=0)
    refresh = RefreshToken()
    refresh.payload[ID] = session.current_jti.hex
    refresh.payload["exp"] = int(expires_at.timestamp())
    return Pair(
        session=session,
        access=_signed(AccessToken(), session),
        refresh=_signed(refresh, session),
        refresh_expires_at=expires_at,
    )


def rotate(*, refresh_token: str) -> Pair:
    """Replace a refresh token by its successor; within `GRACE`, a repeat of a replaced token gets the newest.

    Raises:
        TokenInvalid: it is not a refresh token of ours.
        TokenExpired: it, or its family, has expired.
        SessionEnded: its session ended, or its user was disabled or deleted.
        TokenReused: it was replaced before; the session has been ended.
    """
    token = _read(RefreshToken, refresh_token)
    session_id, used = token[SESSION], token[ID]
    with transaction.atomic():
        Session.objects.filter(
            pk=session_id,
            current_jti=used,
            revoked_at=None,
            rotated_at__gt=Now() - REFRESH_LIFETIME,
            created_at__gt=Now() - FAMILY_LIFETIME,
        ).update(
            previous_jti=F("current_jti"),
            current_jti=uuid4(),
            rotated_at=Now(),
            replaced=_Newest(F("current_jti"), F("replaced")),
            replaced_at=_Newest(Now(), F("replaced_at")),
        )
        # One reading, so that a rotation in between cannot split it; where this call rotated, the row is still locked.
        session = _living(session_id, user_id=token[USER]).annotate(age=Now() - F("rotated_at")).first()
        if session is None:
            raise SessionEnded
    if session.was_replaced_within(GRACE, used, now=session.rotated_at + session.age):
        return pair_of(session)
    if session.current_jti == used:
        raise TokenExpired
    _end_for_reuse(session)
    raise TokenReused


def end(*, refresh_token: str) -> None:
    """End the session of a refresh token, which may be any token of its family; an invalid one changes nothing."""
    try:
        token = _read(RefreshToken, refresh_token)
    except (TokenInvalid, TokenExpired):
        return
    if Session.objects.filter(pk=token[SESSION], revoked_at=None).update(revoked_at=Now()):
        audit.record("session_ended", user_id=token[USER], session_id=token[SESSION])


def session_of(access_token: str | bytes) -> Session:
    """Return the active session of an access token, with its user and entitlement.

    Raises:
        TokenInvalid: it is not an access token of ours.
        TokenExpired: it has expired.
        SessionEnded: its session ended, or its user was disabled or deleted.
    """
    claims = _read_access(access_token)
    sessions = _living_session(session_id=claims[SESSION], user_id=claims[USER])
    if not sessions:
        raise SessionEnded
    return sessions[0]


def living_session(session_id: UUID) -> Session:
    """Return an active session by its id, which has to come from a trusted source.

    Raises:
        SessionEnded: it ended, or its user was disabled or deleted.
    """
    session = _all_living().filter(pk=session_id).first()
    if session is None:
        raise SessionEnded
    return session


def living_sessions(session_ids: Collection[UUID]) -> list[UUID]:
    """Return which of these sessions are active."""
    return list(_all_living().filter(pk__in=session_ids).values_list("pk", flat=True))


def _living(session_id: UUID, *, user_id: int) -> QuerySet[Session]:
    """The session, if it is active, with its user and entitlement, in one query."""
    return _all_living().select_related("user", "user__entitlement").filter(pk=session_id, user_id=user_id)


@compiled
def _living_session(session_id: UUID, user_id: int) -> QuerySet[Session]:
    """`_living` without what only `rotate` reads."""
    return _living(session_id, user_id=user_id).defer("replaced", "replaced_at")


def _all_living() -> QuerySet[Session]:
    return Session.objects.filter(user__is_active=True, revoked_at=None)


def _end_for_reuse(session: Session) -> None:
    if Session.objects.filter(pk=session.pk, revoked_at=None).update(revoked_at=Now()):
        audit.record("refresh_reuse", user_id=session.user_id, session_id=session.pk)


def _signed(token: Token, session: Session) -> str:
    token.payload[SESSION] = session.pk.hex
    token.payload[USER] = str(session.user_id)
    del token.payload["iat"]
    return str(token)


def _read(kind: type[Token], text: str | bytes) -> Mapping[str, Any]:
    """Check signature, kind, audience, issuer and time, and return the claims, ids as UUIDs and numbers.

    Raises:
        TokenExpired: everything but the time is right.
        TokenInvalid: anything else.
    """
    try:
        claims = kind(text).payload  # type: ignore[arg-type]  # it takes text
        return {**claims, SESSION: UUID(claims[SESSION]), ID: UUID(claims[ID]), USER: int(claims[USER])}
    except ExpiredTokenError:
        raise TokenExpired from None
    except (TokenError, KeyError, TypeError, ValueError, AttributeError):
        raise TokenInvalid from None


@lru_cache(maxsize=4096)
def _read_access_once(text: str | bytes) -> Mapping[str, Any]:
    """A client sends its access token with every request, so that its signature is checked once.

    What is refused is not kept.
    """
    return _read(AccessToken, text)


def _read_access(text: str | bytes) -> Mapping[str, Any]:
    """The claims of an access token that is valid now; raises as `_read` does."""
    claims = _read_access_once(text)
    if claims["exp"] <= time.time():
        raise TokenExpired
    return claims


def is_key(text: bytes | str) -> bool:
    """Whether this is the text of an API key, which `accounts.api_keys` reads, and no token."""
    return (text if isinstance(text, bytes) else text.encode()).startswith(KEY_PREFIX.encode())


def _with_scheme_as_written(header: bytes) -> bytes:
    """The header with its scheme as the JWT library knows it: the case of one does not matter (RFC 9110, 11.1)."""
    scheme, blank, credentials = header.partition(b" ")
    return b"Bearer" + blank + credentials if scheme.lower() == b"bearer" else header


class SessionAuthentication(JWTAuthentication):
    """An access token is valid while its session is active: one query per request. `request.auth` is the session."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:  # type: ignore[override]
        """Return whose token it is, or None without one, or with an API key instead.

        Raises:
            TokenInvalid: it is not an access token of ours.
            TokenExpired: it has expired.
            SessionEnded: its session ended, or its user was disabled or deleted.
        """
        try:
            header = self.get_header(request)
        except UnicodeEncodeError:  # a header beyond Latin-1, which not every server refuses
            raise TokenInvalid from None
        text = self.get_raw_token(_with_scheme_as_written(header)) if header else None
        if text is None or is_key(text):
            return None
        session = session_of(text)
        setattr(request._request, "user_id", session.user_id)  # noqa: B010, SLF001  for the request's log line
        return session.user, session
