"""`RateLimit-Policy` and `RateLimit`: how often a client may ask, as draft-ietf-httpapi-ratelimit-headers-10 says it.

Both are lists of structured fields (RFC 9651). A policy has a name, a quota (`q`) and a window in seconds (`w`); its
state has what remains (`r`) and the seconds until it is whole again (`t`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

POLICY, STATE = "RateLimit-Policy", "RateLimit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One policy and its state. `seconds` is how long a window is, `resets_in` when this one ends."""

    policy: str
    quota: int
    seconds: int
    used: int
    resets_in: int


def headers(windows: Sequence[Window]) -> dict[str, str]:
    """The two headers; none without a window."""
    if not windows:
        return {}
    return {
        POLICY: ", ".join(f'"{each.policy}";q={each.quota};w={each.seconds}' for each in windows),
        STATE: ", ".join(
            f'"{each.policy}";r={max(0, each.quota - each.used)};t={max(0, each.resets_in)}' for each in windows
        ),
    }


def note(request: HttpRequest | Request, window: Window) -> None:
    """Have the response to this request name a window."""
    vars(getattr(request, "_request", request)).setdefault("rate_limits", []).append(window)


class RateLimitMiddleware:
    """Adds the windows that were noted to those that the view has named itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in headers(getattr(request, "rate_limits", ())).items():
            response[name] = f"{value}, {response[name]}" if name in response else value
        return response
