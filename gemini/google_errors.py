"""Google's error bodies (google.rpc.Status as JSON), turned into our exceptions. They are the same for both SDKs."""

from collections.abc import Iterator, Mapping
from typing import Any

from gemini.exceptions import (
    BadRequest,
    ConnectionCut,
    ModelNotFound,
    ProviderAuth,
    ProviderError,
    ProviderOverloaded,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
)

BY_STATUS: dict[int, type[ProviderError]] = {
    401: ProviderAuth,
    403: ProviderAuth,
    404: ModelNotFound,
    408: ProviderTimeout,
    500: ProviderOverloaded,
    502: ProviderOverloaded,
    503: ProviderOverloaded,
    504: ProviderOverloaded,
}


def from_google(*, status: int, body: object, cause: str) -> ProviderError:
    """Return the exception for an HTTP `status` (or the code of an error object within a stream) and its JSON `body`.

    Codes: https://ai.google.dev/gemini-api/docs/troubleshooting. A bad key is a 400 with the reason API_KEY_INVALID.
    """
    details = list(_details(body))
    failure = _failure(status=status, details=details)
    return failure(cause=cause, retry_after=_retry_after(details) if failure.retryable else None)


def _failure(*, status: int, details: list[Mapping[str, Any]]) -> type[ProviderError]:
    if status == 429:
        return ProviderQuotaExhausted if _is_per_day(details) else ProviderRateLimited
    if status == 400 and any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return ProviderAuth
    if status in BY_STATUS:
        return BY_STATUS[status]
    # Anything else from 300 is a refusal: no redirect is followed, since the redirect would carry the key.
    return BadRequest if 300 <= status < 500 else ConnectionCut


def _is_per_day(details: list[Mapping[str, Any]]) -> bool:
    """Only the quota's id distinguishes a daily quota from one per minute."""
    violations = (violation for detail in details for violation in _mappings(detail.get("violations")))
    return any("PerDay" in str(violation.get("quotaId", "")) for violation in violations)


def _retry_after(details: list[Mapping[str, Any]]) -> float | None:
    """Seconds of google.rpc.RetryInfo ("45.83s"): Gemini sends no Retry-After header."""
    for detail in details:
        delay = str(detail.get("retryDelay", ""))
        try:
            seconds = float(delay.removesuffix("s"))
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _details(body: object) -> Iterator[Mapping[str, Any]]:
    # A stream in the form of a JSON array reports its error as an array of one.
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, Mapping) else None
    yield from _mappings(error.get("details") if isinstance(error, Mapping) else None)


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))
