"""Signing a user out everywhere: every device, and every program that has an API key."""

from django.db import transaction

from accounts import sessions
from accounts.api_keys import keys


def everywhere(*, user_id: int) -> None:
    """End all sessions and all API keys of the user.

    The sessions first: making a key locks its session, so a key that is being made is committed before its session
    ends, and is found, or its session has ended, and it is not made.
    """
    with transaction.atomic():
        sessions.end_all(user_id=user_id)
        keys.end_all(user_id=user_id)
