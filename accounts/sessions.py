"""Sessions: one per signed-in device."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.exceptions import SessionNotFound
from accounts.models import Session, User
from accounts.tokens import FAMILY_LIFETIME, REFRESH_LIFETIME

LONGEST_AGENT: Final = 200

RECENT: Final = timedelta(minutes=10)
"""How long after a sign-in its session may do what gives lasting access."""


def start(*, user: User, method: Session.Method, user_agent: str) -> Session:
    """Start a session. Call it in the transaction that locks the user's row, so that no session survives a reset.

    Args:
        user: the authenticated user.
        method: how the user signed in.
        user_agent: as the client sent it; shown to the user in the list of sessions.
    """
    printable = "".join(character for character in user_agent if character.isprintable())
    session = Session.objects.create(
        user=user, method=method, user_agent=printable[:LONGEST_AGENT], current_jti=uuid4()
    )
    audit.record("sign_in", user_id=user.pk, session_id=session.pk, method=method.value)
    return session


def living(*, user_id: int) -> QuerySet[Session]:
    """The user's sessions that could still be refreshed."""
    return Session.objects.filter(
        user_id=user_id,
        revoked_at=None,
        rotated_at__gt=Now() - REFRESH_LIFETIME,
        created_at__gt=Now() - FAMILY_LIFETIME,
    )


def recent(session: Session) -> QuerySet[Session]:
    """The session, if it is active and its sign-in was recent; a refresh does not make it recent again."""
    return Session.objects.filter(pk=session.pk, revoked_at=None, created_at__gt=Now() - RECENT)


def end(*, user_id: int, session_id: UUID) -> None:
    """End one session of the user; its tokens are invalid at once.

    Raises:
        SessionNotFound: it is not one of the user's active sessions.
    """
    if not living(user_id=user_id).filter(pk=session_id).update(revoked_at=Now()):
        raise SessionNotFound
    audit.record("session_ended", user_id=user_id, session_id=session_id)


def end_all(*, user_id: int, but: UUID | None = None) -> None:
    """End every session of the user, except `but`."""
    ending = Session.objects.filter(user_id=user_id, revoked_at=None)
    count = (ending.exclude(pk=but) if but else ending).update(revoked_at=Now())
    if count:
        audit.record("sessions_ended", user_id=user_id, count=count)
