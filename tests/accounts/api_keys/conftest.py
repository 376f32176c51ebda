"""A signed-in user, and keys made as a client makes them."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.conftest import Client

EVERYTHING = ["rooms:read", "rooms:write", "messages:write", "files", "usage:read", "webhooks"]


@pytest.fixture
def token(client: Client, number: str, sign_in: Callable[..., Any]) -> str:
    """The access token of a user who has just signed in."""
    return str(sign_in(number)["access_token"])


@pytest.fixture
def owner(token: str, number: str) -> User:
    return User.objects.get(mobile_number=number)


@pytest.fixture
def make(client: Client, token: str) -> Callable[..., dict[str, Any]]:
    """Make a key with all scopes, unless others are given."""

    def made(**fields: Any) -> dict[str, Any]:
        response = client.send("/api-keys", token, **{"name": "Program", "scopes": EVERYTHING, **fields})
        assert response.status_code == 201, response.content
        return dict(response.json())

    return made


def by_key(key: dict[str, Any] | str) -> APIClient:
    """A client that sends this key with every request."""
    client = APIClient()
    text = key if isinstance(key, str) else key["key"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def rotate(client: Client, token: str, key: dict[str, Any], **fields: Any) -> Any:
    return client.send(f"/api-keys/{key['id']}/rotate", token, **fields)


def delete(client: Client, token: str, key: dict[str, Any]) -> Any:
    return client.delete(f"/api-keys/{key['id']}", HTTP_AUTHORIZATION=f"Bearer {token}")
