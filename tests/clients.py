"""Clients of the API within a test's own process."""

from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User


def signed_in(user: User) -> APIClient:
    """A client with a session of its own, begun by code."""
    session = sessions.start(user=user, method=Session.Method.CODE, user_agent="")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.pair_of(session).access}")
    return client
