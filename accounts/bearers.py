"""Sessions and API keys by their ids, for what names one of either: a ticket, a link to a file, an open stream."""

from collections.abc import Collection
from uuid import UUID

from accounts import tokens
from accounts.api_keys import authentication
from accounts.current_user import Bearer
from accounts.exceptions import ApiKeyEnded, SessionEnded


def bearer_of(text: str) -> Bearer:
    """Return the session of an access token, or the API key of its text, with the user and the entitlement.

    Raises:
        TokenInvalid, TokenExpired, SessionEnded: as `tokens.session_of` raises them.
        ApiKeyInvalid, ApiKeyExpired, ApiKeyEnded: as `authentication.key_of` raises them.
    """
    return authentication.key_of(text) if tokens.is_key(text) else tokens.session_of(text)


def living(bearer_id: UUID) -> Bearer:
    """Return an active session, or a key that works, by its id, which has to come from a trusted source.

    Raises:
        SessionEnded: there is none: it ended, or its user was disabled or deleted.
    """
    try:
        return tokens.living_session(bearer_id)
    except SessionEnded:
        try:
            return authentication.living_key(bearer_id)
        except ApiKeyEnded:
            raise SessionEnded from None


def all_living(bearer_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these sessions and keys are active."""
    sessions = set(tokens.living_sessions(bearer_ids))
    others = set(bearer_ids) - sessions
    return sessions | set(authentication.living_keys(others)) if others else sessions
