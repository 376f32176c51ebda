"""The API's errors: `application/problem+json` (RFC 9457), rendered only here.

Apps raise subclasses of `Problem`; docs/errors.md lists every code, and a test compares the page with the classes.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

import structlog
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions

from config.infrastructure.database import DATABASE_UNAVAILABLE
from config.observability.logs import request_id

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """An error that is returned to the client.

    Attributes:
        status: the HTTP status.
        code: stable, lower case; clients rely on it, so its meaning never changes.
        title: the same for every occurrence of the code.
        detail: one sentence for a human; it never contains the client's input or anything internal.
        retry_after: seconds for the `Retry-After` header (RFC 9110 section 10.2.3), or None.
        headers: further headers of the response.
        data: further members of the problem object.
    """

    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    code: ClassVar[str] = "bad_request"
    title: ClassVar[str] = "The request was not understood"
    detail: str = ""

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        **data: Any,
    ) -> None:
        super().__init__(self.code)
        self.detail = detail or self.detail
        self.retry_after = retry_after
        self.headers = headers or {}
        self.data = data


class BadRequestProblem(Problem):
    """The request could not be read."""


class InvalidInput(Problem):
    """A field is not valid; `errors` names each."""

    code = "invalid_input"
    title = "Some fields are not valid"


class NotAuthenticated(Problem):
    """There is no valid access token."""

    status = HTTPStatus.UNAUTHORIZED
    code = "not_authenticated"
    title = "Sign in first"
    detail = "Send a valid access token: Authorization: Bearer <access token>."


class Forbidden(Problem):
    """The user may not do this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    title = "Not allowed"


class NotFound(Problem):
    """It does not exist, or belongs to another user: both get the same response."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(Problem):
    """The path does not have this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"
    title = "Method not allowed"


class NotAcceptable(Problem):
    """Only JSON can be returned."""

    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"
    title = "Not acceptable"


class PayloadTooLarge(Problem):
    """The body is over the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "payload_too_large"
    title = "The request body is too large"


class UnsupportedMediaType(Problem):
    """The body is not JSON."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"
    title = "Send application/json"


class UnsupportedEncoding(Problem):
    """The body is compressed."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_encoding"
    title = "Send the body uncompressed"


class RateLimited(Problem):
    """A limit was reached; `Retry-After` says when to try again."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"
    title = "Too many requests"


class ServiceUnavailable(Problem):
    """Something that the request needs is unavailable. The request may have been carried out all the same."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "service_unavailable"
    title = "Temporarily unavailable"
    detail = "Try again. With the same Idempotency-Key, nothing happens twice."


class InternalError(Problem):
    """A bug in Kuvaka."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"
    title = "Something went wrong on our side"
    detail = "Our logs have the details under the request id."


def problems() -> list[type[Problem]]:
    """One class per code: the one that defines it."""
    return list({kind.code: kind for kind in _descendants(Problem) if "code" in vars(kind)}.values())


def _descendants(kind: type[Problem]) -> Iterator[type[Problem]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _descendants(child)


def render(problem: Problem) -> JsonResponse:
    body = {
        "type": f"/docs/errors#{problem.code}",
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail or problem.title,
        "code": problem.code,
        "request_id": request_id(),
        **problem.data,
    }
    response = JsonResponse(body, status=problem.status, content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    for name, value in problem.headers.items():
        response[name] = value
    if problem.retry_after is not None:
        response["Retry-After"] = str(max(1, math.ceil(problem.retry_after)))
    if problem.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    return response


def problem_of(error: Exception) -> Problem:
    """The problem for an exception; an unexpected one is logged and becomes `internal_error`."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return InvalidInput(errors=list(_field_errors(error.get_full_details())))
    if isinstance(error, DATABASE_UNAVAILABLE):
        log.error("database_unavailable", cause=type(error.__cause__ or error).__name__)
        return ServiceUnavailable(retry_after=2)
    for kind, make in _FOREIGN:
        if isinstance(error, kind):
            return make(error)
    log.exception("request_failed")
    return InternalError()


def problem_response(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's exception handler: every exception of a view, `ValidationError` included, becomes a problem."""
    return render(problem_of(error))


def _throttled(error: Exception) -> Problem:
    return RateLimited(retry_after=getattr(error, "wait", None) or 1)


_FOREIGN: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Exception], Problem]], ...] = (
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), lambda _: NotAuthenticated()),
    ((exceptions.PermissionDenied, PermissionDenied), lambda _: Forbidden()),
    ((exceptions.NotFound, Http404), lambda _: NotFound()),
    (exceptions.MethodNotAllowed, lambda _: MethodNotAllowed()),
    (exceptions.NotAcceptable, lambda _: NotAcceptable()),
    (exceptions.UnsupportedMediaType, lambda _: UnsupportedMediaType()),
    (exceptions.Throttled, _throttled),
    (RequestDataTooBig, lambda _: PayloadTooLarge()),
    (exceptions.ParseError, lambda _: BadRequestProblem("The body is not valid JSON.")),
    ((BadRequest, SuspiciousOperation), lambda _: BadRequestProblem()),
)


def _field_errors(details: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details to `{field, code, detail}`; the names of nested fields are joined by dots."""
    if isinstance(details, Mapping) and "message" in details and "code" in details and isinstance(details["code"], str):
        yield {"field": ".".join(path), "code": details["code"], "detail": str(details["message"])}
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            yield from _field_errors(inner, path if name == "non_field_errors" else (*path, str(name)))
    else:
        for index, inner in enumerate(details):
            nested = isinstance(inner, Mapping) and not isinstance(inner.get("code"), str)
            yield from _field_errors(inner, (*path, str(index)) if nested else path)
