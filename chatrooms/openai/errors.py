"""Errors in OpenAI's shape, so that its clients raise their typed exceptions."""

import math
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse, JsonResponse

from accounts.exceptions import KeyUnitsUsedUp
from billing.exceptions import TOKENS_USED_UP, QuotaExceeded
from chatrooms.exceptions import ReplyIsFinal, StreamUnavailable, TooManyStreams
from chatrooms.models import Reply
from config.http.problems import NotFound, Problem, render

Json = dict[str, Any]

OUT_OF_UNITS: Final = frozenset({kind.code for kind in (QuotaExceeded, KeyUnitsUsedUp, *TOKENS_USED_UP)})
"""Until the next day: what OpenAI's clients know as `insufficient_quota`."""

NO_USE_TO_REPEAT: Final = OUT_OF_UNITS | {kind.code for kind in (ReplyIsFinal, TooManyStreams, StreamUnavailable)}
"""The last two come when the message was accepted: to repeat the request would send another one."""

NOT_AGAIN: Final = {"X-Should-Retry": "false"}
"""OpenAI's clients repeat 409, 429 and 5xx by themselves, unless this is there."""

NAMES: Final = {
    "too_many_requests": "rate_limit_exceeded",
    "model_not_allowed": "model_not_found",
    "internal_error": "server_error",
}
"""OpenAI's codes, where programs know them; every other one is our own (docs/errors.md)."""

STATUSES: Final = {"model_not_found": HTTPStatus.NOT_FOUND}
"""Of OpenAI's codes, where it is another one than ours."""

BLAMES_REQUEST: Final = frozenset({"blocked", "max_tokens", "schema_mismatch", "bad_request", "answer_too_long"})
"""Why a reply fails that would fail again."""


class InvalidParameter(Problem):
    """A parameter of a request in OpenAI's dialect is not valid, or not supported; `param` names it."""

    code = "invalid_parameter"
    title = "A parameter is not valid or not supported"

    def __init__(self, detail: str, *, param: str | None) -> None:
        super().__init__(detail, param=param)


class ContextTooLong(Problem):
    """What a request says in full does not fit into the context of the tier."""

    code = "context_length_exceeded"
    title = "The messages are too long"

    def __init__(self, detail: str, *, param: str) -> None:
        super().__init__(detail, param=param)


class ResponseNotFound(NotFound):
    """There is no such response, or it belongs to another account, or it was not stored."""

    detail = "No such response."


class UnknownModel(Problem):
    """The tier does not have this model, or the API key may not use it: as OpenAI says it."""

    status = HTTPStatus.NOT_FOUND
    code = "model_not_found"
    title = "There is no such model for you"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, param="model")


def error_object(*, message: str, status: int, code: str, param: str | None = None) -> Json:
    """The member `error`."""
    return {"message": message, "type": _type_of(status, code), "param": param, "code": code}


def response_for(problem: Problem) -> HttpResponse:
    """A problem as an error of OpenAI's: with its status and headers."""
    usual = render(problem)
    code = _code_of(problem)
    param = problem.data.get("param")
    if errors := problem.data.get("errors"):
        param = errors[0]["field"]
    message = f"{problem.title}. {problem.detail}" if problem.detail else problem.title
    status = STATUSES.get(code, problem.status)
    error = error_object(message=message, status=status, code=code, param=param)
    response = JsonResponse({"error": error}, status=status)
    for name, value in usual.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            response[name] = value
    for name, value in NOT_AGAIN.items() if problem.code in NO_USE_TO_REPEAT else ():
        response[name] = value
    return with_rate_limits(response)


def with_rate_limits(response: HttpResponse) -> HttpResponse:
    """Name the limits of a response as OpenAI does, too."""
    for name, value in rate_limits(dict(response.items())).items():
        response[name] = value
    return response


def rate_limits(headers: Mapping[str, str]) -> dict[str, str]:
    """`X-RateLimit-*` by OpenAI's names, the reset as a duration."""
    if "X-RateLimit-Limit" not in headers:
        return {}
    return {
        "X-RateLimit-Limit-Requests": headers["X-RateLimit-Limit"],
        "X-RateLimit-Remaining-Requests": headers["X-RateLimit-Remaining"],
        "X-RateLimit-Reset-Requests": _as_duration(int(headers["X-RateLimit-Reset"]) - time.time()),
    }


def failure_of(reply: Reply) -> tuple[int, Json]:
    """The status and the error of a reply that has failed."""
    if reply.error in OUT_OF_UNITS:
        status: int = HTTPStatus.TOO_MANY_REQUESTS
    elif reply.error in BLAMES_REQUEST:
        status = HTTPStatus.BAD_REQUEST
    else:
        status = HTTPStatus.BAD_GATEWAY
    code = "content_filter" if reply.error == "blocked" else reply.error
    message = f"The reply failed: {reply.error}. It costs nothing. docs/errors.md explains the code."
    return status, error_object(message=message, status=status, code=code)


def failure_response(reply: Reply) -> HttpResponse:
    """The response for a failed reply. It was attempted several times already, so it is not to be asked for again."""
    status, error = failure_of(reply)
    return JsonResponse({"error": error}, status=status, headers=NOT_AGAIN)


def written_anew() -> Json:
    """The error for a client that has the beginning of another attempt, which cannot be taken back."""
    message = "The reply broke off and was written anew, with another beginning than the one that you have."
    return error_object(message=message, status=HTTPStatus.BAD_GATEWAY, code="reply_rewritten")


def broken_off(problem: Problem) -> Json:
    """The error that ends a stream whose reply goes on."""
    return error_object(message=f"{problem.title}. {problem.detail}", status=problem.status, code=problem.code)


def _as_duration(seconds: float) -> str:
    """As OpenAI writes it: 8h12m3s."""
    minutes, rest = divmod(max(0, math.ceil(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return "".join(f"{value}{unit}" for value, unit in ((hours, "h"), (minutes, "m")) if value) + f"{rest}s"


def _code_of(problem: Problem) -> str:
    if problem.code in OUT_OF_UNITS:
        return "insufficient_quota"
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return "invalid_api_key"
    return NAMES.get(problem.code, problem.code)


def _type_of(status: int, code: str) -> str:
    if code == "insufficient_quota":
        return code
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
