"""The user and the session of an authenticated request, typed: DRF knows only that there may be a user."""

from typing import cast

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import Session, User


def current_user(request: HttpRequest | Request) -> User:
    return cast(User, request.user)


def current_session(request: HttpRequest | Request) -> Session:
    return cast(Session, cast(Request, request).auth)
