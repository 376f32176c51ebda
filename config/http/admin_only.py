"""Django's middleware of sessions and users, for the admin site alone: requests of the API carry a token instead."""

from typing import Any, Final

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_otp.middleware import OTPMiddleware

ADMIN_PREFIX: Final = f"/{settings.DESK_PATH}"


def is_admin_page(request: HttpRequest) -> bool:
    return request.path_info.startswith(ADMIN_PREFIX)


class _AdminOnly:
    """Goes before a middleware among the bases, and hands requests of other paths on."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        serve = super().__call__ if is_admin_page(request) else self.get_response  # type: ignore[misc]
        response: HttpResponseBase = serve(request)
        return response


class AdminSessionMiddleware(_AdminOnly, SessionMiddleware):
    pass


class AdminAuthenticationMiddleware(_AdminOnly, AuthenticationMiddleware):
    pass


class AdminOTPMiddleware(_AdminOnly, OTPMiddleware):  # type: ignore[misc]  # it is untyped
    pass


class AdminMessageMiddleware(_AdminOnly, MessageMiddleware):
    pass
