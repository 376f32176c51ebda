"""Pages of other origins that use the API with a key.

A page on its own origin sends its key to `/v1`, where other programs send theirs. The browser first asks, without the
key, whether the page may (a preflight), and that is allowed to every page. The request itself is refused, before
anything is done, unless the key or the installation lists the origin. Outside `/v1`, CORS is for `APP_ORIGINS` alone.

This keeps other pages from using a key that was found in one. A program can send any `Origin`, or none.
"""

import re
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.exceptions import OriginNotAllowed
from accounts.models import ApiKey

ORIGIN: Final = re.compile(r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")
"""As browsers send it."""

PATHS: Final = "/v1/"


def may_read(sender: Any, request: HttpRequest, **_: Any) -> bool:
    """Whether a page may make a request and read its response, asked by corsheaders' `check_request_enabled`."""
    if not request.path_info.startswith(PATHS):
        return False
    return request.method == "OPTIONS" or getattr(request, "origin_is_allowed", False)


class OriginPermission(BasePermission):
    """Refuses pages under `/v1` whose origin is not listed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request is no page's, or that of a page that may make it.

        Raises:
            OriginNotAllowed: it may not.
        """
        origin = request.META.get("HTTP_ORIGIN")
        if origin is None or not request.path_info.startswith(PATHS):
            return True
        if isinstance(request.auth, ApiKey) and origin in request.auth.allowed_origins:
            setattr(request._request, "origin_is_allowed", True)  # noqa: B010, SLF001  for `may_read`
        elif origin not in (settings.WEB_ORIGIN, *settings.APP_ORIGINS):
            raise OriginNotAllowed
        return True
