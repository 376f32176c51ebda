"""Clients of the API in the process of the test."""

from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User


def signed_in(user: User) -> APIClient:
    """A client with its own session, as after a sign-in by code."""
    session = sessions.start(user=user, method=Session.Method.CODE, user_agent="")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.pair_of(session).access}")
    return client
