"""Google's error bodies (google.rpc.Status as JSON), turned into our exceptions. They are the same for both SDKs."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gemini.exceptions import (
    BadRequest,
    ConnectionCut,
    FileGone,
    FileNotReady,
    ModelNotFound,
    ProviderAuth,
    ProviderBilling,
    ProviderError,
    ProviderOverloaded,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
)

BY_STATUS: Final[Mapping[int, type[ProviderError]]] = {
    401: ProviderAuth,
    402: ProviderBilling,
    404: ModelNotFound,
    408: ProviderTimeout,
    499: ProviderOverloaded,
    500: ProviderOverloaded,
    502: ProviderOverloaded,
    503: ProviderOverloaded,
    504: ProviderOverloaded,
}

NO_MONEY: Final = re.compile(r"prepayment credit|spend(?:ing)? (?:cap|limit)", re.IGNORECASE)
"""What a 429 says that no waiting ends: credit, or an owner's own cap."""

NO_QUOTA: Final = re.compile(r"\blimit: 0\b")
"""The plan has none for this model, or for this tool."""

FILE_NOT_ACTIVE: Final = re.compile(r"(?:The )?[Ff]ile \S+ is not in an ACTIVE state")

STORE_UNKNOWN: Final = re.compile(r'Invalid JSON payload received\. Unknown name "store"')
PARAMETER: Final = re.compile(r"(?P<temperature>\btemperature\b)|(?P<thinking>\bthinking)", re.IGNORECASE)
"""The parameters of ours that a model may refuse."""

FILE_GONE: Final = re.compile(
    r"You do not have permission to access the File|File \S+ not found|The file \S+ not found"
)
"""Google says no more of a file that has expired or was deleted: it may as well be another project's."""

MARGIN: Final = 1.0
"""Seconds added to the vendor's delay. It is cut down to whole seconds ("48s" for 48.94 s, "0s" for 8 ms)."""


def from_google(*, status: int, body: object, cause: str) -> ProviderError:
    """Return the exception for an HTTP `status` (or the code of an error object within a stream) and its JSON `body`.

    Codes: https://ai.google.dev/gemini-api/docs/troubleshooting. A bad key is a 400 with the reason API_KEY_INVALID.
    """
    error = _error(body)
    details = list(_mappings(error.get("details")))
    message = str(error.get("message", ""))
    if status == 400:
        return _bad_request(message=message, name=str(error.get("status", "")), details=details, cause=cause)
    if status == 429:
        return _limit(message=message, details=details, cause=cause)
    if status in (403, 404) and FILE_GONE.match(message):
        return FileGone(cause=cause)
    if status == 403:
        return ProviderAuth(reason="permission", cause=cause)
    if status in BY_STATUS:
        return BY_STATUS[status](cause=cause)
    # Anything else from 300 is a refusal: no redirect is followed, since the redirect would carry the key.
    return (BadRequest if 300 <= status < 500 else ConnectionCut)(cause=cause)


def is_store_refused(error: ProviderError) -> bool:
    """Whether the API does not know the field with which we forbid it to store the prompt."""
    return isinstance(error, ProviderAuth) and error.reason == "store"


def _bad_request(*, message: str, name: str, details: list[Mapping[str, Any]], cause: str) -> ProviderError:
    if any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return ProviderAuth(cause=cause)
    if FILE_NOT_ACTIVE.match(message):
        return FileNotReady(cause=cause)
    if name == "FAILED_PRECONDITION":
        return ProviderAuth(reason="precondition", cause=cause)
    if STORE_UNKNOWN.match(message):
        return ProviderAuth(reason="store", cause=cause)
    found = PARAMETER.search(message)
    return BadRequest(parameter=(found and found.lastgroup) or "", cause=cause)


def _limit(*, message: str, details: list[Mapping[str, Any]], cause: str) -> ProviderError:
    quotas = list(_quotas(details))
    if NO_MONEY.search(message):
        return ProviderAuth(reason="billing", cause=cause)
    if NO_QUOTA.search(message) or any(value == "0" for _, value in quotas):
        return ProviderAuth(reason="quota", cause=cause)
    # Only the quota's id distinguishes a daily quota from one per minute.
    if any("PerDay" in quota for quota, _ in quotas):
        return ProviderQuotaExhausted(cause=cause)
    return ProviderRateLimited(cause=cause, retry_after=_retry_after(details))


def _quotas(details: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The id and the limit of each quota that is named: by QuotaFailure, or by ErrorInfo alone."""
    for detail in details:
        for violation in _mappings(detail.get("violations")):
            yield str(violation.get("quotaId", "")), str(violation.get("quotaValue", ""))
        metadata = detail.get("metadata")
        if isinstance(metadata, Mapping):
            yield str(metadata.get("quota_limit", "")), str(metadata.get("quota_limit_value", ""))


def _retry_after(details: list[Mapping[str, Any]]) -> float | None:
    """Seconds of google.rpc.RetryInfo ("45s"), rounded up: Gemini sends no Retry-After header."""
    for detail in details:
        delay = str(detail.get("retryDelay", ""))
        try:
            seconds = float(delay.removesuffix("s"))
        except ValueError:
            continue
        if 0 <= seconds < float("inf"):
            return math.ceil(seconds) + MARGIN
    return None


def _error(body: object) -> Mapping[str, Any]:
    # A stream in the form of a JSON array reports its error as an array of one.
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _mappings(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))
