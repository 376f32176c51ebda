"""The errors of the API (RFC 9457) as exceptions."""

import json
from typing import Any, Final

import httpx


class Refused(Exception):
    """A request that the server has refused.

    Attributes:
        status: the HTTP status.
        code: what programs should rely on; the server's docs/errors.md lists all. Empty if a proxy refused.
        detail: one sentence for a human.
        request_id: the request's id, to quote to support.
        retry_after: seconds to wait before a repeat, if the server said so.
        body: the whole problem; some codes have further members, such as `errors` or `resets_at`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        *,
        detail: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail} (request {request_id or 'unknown'})")
        self.status, self.code, self.detail, self.request_id = status, code, detail, request_id
        self.retry_after, self.body = retry_after, body or {}


class InvalidInput(Refused):
    """400, 413, 415 or 422: the request itself is wrong; `body["errors"]` says where."""


class NotSignedIn(Refused):
    """401: the API key or the access token is missing, wrong, expired or ended."""


class NotAllowed(Refused):
    """403: the key lacks a scope, for example."""


class NotFound(Refused):
    """404: the object does not exist, or is not yours."""


class Conflict(Refused):
    """409: the object is not in a state for this."""


class TooManyRequests(Refused):
    """429: a limit is reached."""


class Unavailable(Refused):
    """5xx: the server, or a part of it, is unavailable."""


KINDS: Final = {
    **dict.fromkeys((400, 413, 415, 422), InvalidInput),
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    429: TooManyRequests,
}


def refused(status: int, code: str, **details: Any) -> Refused:
    """The exception for a status."""
    kind = Unavailable if status >= httpx.codes.INTERNAL_SERVER_ERROR else KINDS.get(status, Refused)
    return kind(status, code, **details)


def refused_by(response: httpx.Response) -> Refused:
    """The exception for a response that was read."""
    body = problem_in(response)
    return refused(
        response.status_code,
        str(body.get("code", "")),
        detail=str(body.get("detail", response.reason_phrase)),
        request_id=response.headers.get("X-Request-ID", ""),
        retry_after=retry_after_of(response),
        body=body,
    )


def problem_in(response: httpx.Response) -> dict[str, Any]:
    """The problem in a response that was read; empty if it is no JSON object."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def retry_after_of(response: httpx.Response) -> float | None:
    """The seconds of `Retry-After`; None without it, or if it is a date, which our server never sends."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
