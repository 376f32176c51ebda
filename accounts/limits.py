"""Comfort limits on the open routes: fixed windows of a minute in Redis, by our own keys.

They spare the servers work, and security does not depend on them, so they do not apply while Redis is unavailable. What
must hold (codes, failed attempts, SMS) is counted in PostgreSQL. django-ratelimit's own keys are not used: its `post:`
reads no JSON, and its address trusts no proxy.
"""

from collections.abc import Mapping
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django_ratelimit.core import get_usage
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import phone_numbers
from accounts.current_user import current_user
from config.http import rate_limits
from config.http.client_address import client_address, network_of
from config.http.problems import RateLimited


def network_of_client(request: Request) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 one."""
    return network_of(client_address(cast(HttpRequest, request)))


def limit_admin_sign_ins(request: HttpRequest) -> None:
    """Limit sign-ins to the admin per client, for all phone numbers together: each costs a password hash.

    Raises:
        RateLimited: the client has used up this minute's sign-ins.
    """
    usage = get_usage(
        request,
        group="desk",
        key=lambda *_: network_of(client_address(request)),
        rate=f"{settings.AUTH_REQUESTS_PER_MINUTE}/m",
        increment=True,
    )
    if usage and usage["should_limit"]:
        raise RateLimited(retry_after=max(1, usage["time_left"]))


class RouteLimit(BaseThrottle):
    """So many requests a minute per key and route; across the edge of a window at most twice as many.

    `policy` is its name in the `RateLimit` headers; without one it is not in them.
    """

    policy = ""
    _time_left = 0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request, and return whether it is within the limit."""
        key = self.key(request)
        if key is None:
            return True
        usage = get_usage(
            request,
            group=self.group(view),
            key=lambda *_: key,
            rate=f"{self.per_minute(request)}/m",
            increment=True,
        )
        if not usage:
            return True
        self._time_left = usage["time_left"]
        if self.policy:
            window = rate_limits.Window(
                policy=self.policy,
                quota=usage["limit"],
                seconds=60,
                used=usage["count"],
                resets_in=self._time_left,
            )
            rate_limits.note(request, window)
        return not usage["should_limit"]

    def wait(self) -> float:
        """Return the seconds until the window ends, for `Retry-After`."""
        return max(1, self._time_left)

    def group(self, view: APIView) -> str:
        """Requests with the same group and key are counted together."""
        return f"{type(self).__name__}:{type(view).__name__}"

    def key(self, request: Request) -> str | None:
        """Return what is counted, or None for nothing."""
        raise NotImplementedError

    def per_minute(self, request: Request) -> int:
        limit: int = settings.AUTH_REQUESTS_PER_MINUTE
        return limit


class UserLimit(RouteLimit):
    """Per signed-in user. `rate` is requests a minute: 60 are more than a human being clicks."""

    policy = "user"
    rate = 60

    def key(self, request: Request) -> str:
        return str(current_user(request).pk)

    def per_minute(self, request: Request) -> int:
        return self.rate


class ClientLimit(RouteLimit):
    """Per client."""

    policy = "client"

    def key(self, request: Request) -> str:
        return network_of_client(request)


class NumberLimit(RouteLimit):
    """Per phone number, in any spelling. Without a policy: its state would tell that others ask for the number."""

    def key(self, request: Request) -> str | None:
        """Return the number's keyed hash, since Redis must not know numbers; None if there is no valid one."""
        body = cast(Mapping[str, object], request.data)  # our parser lets nothing else through
        try:
            mobile_number = phone_numbers.parse(str(body.get("mobile_number", "")))  # the field takes a JSON number too
        except phone_numbers.NumberRefused:
            return None
        return salted_hmac("accounts.limits", mobile_number, algorithm="sha256").hexdigest()
