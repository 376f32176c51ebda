"""Clients of the API in the process of the test."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.api_keys import key_text
from accounts.models import ApiKey, Scope, Session, User


def signed_in(user: User) -> APIClient:
    """A client with its own session, as after a sign-in by code."""
    session = sessions.start(user=user, method=Session.Method.CODE, user_agent="")
    return bearing(tokens.pair_of(session).access)


def with_key(user: User, *scopes: Scope, **fields: Any) -> APIClient:
    """A client with an API key that has these scopes."""
    return bearing(str(make_api_key(user, *scopes, **fields)))


def bearing(text: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def make_api_key(user: User, *scopes: Scope, **fields: Any) -> key_text.KeyText:
    """A key that was used a moment ago, so that its next use writes nothing."""
    text = key_text.new(uuid4())
    values = {"name": "Program", "expires_at": Now() + timedelta(days=1), "last_used_at": Now(), **fields}
    ApiKey.objects.create(pk=text.id, user=user, secret_hash=text.digest, scopes=list(scopes), **values)
    return text
