"""The user of an authenticated request, and what authenticated it, typed: DRF knows only that there may be a user."""

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import ApiKey, Session, User

Bearer = Session | ApiKey
"""What a request was authenticated by. Their ids are UUIDs, and no two are the same."""


def current_user(request: HttpRequest | Request) -> User:
    return cast(User, request.user)


def current_bearer(request: HttpRequest | Request) -> Bearer:
    return cast(Bearer, cast(Request, request).auth)


def current_session(request: HttpRequest | Request) -> Session:
    """The session, on a route that no API key may use."""
    return cast(Session, cast(Request, request).auth)


def current_key(request: HttpRequest | Request) -> ApiKey | None:
    """The API key, if the request has one."""
    bearer = current_bearer(request)
    return bearer if isinstance(bearer, ApiKey) else None
