"""The middleware that gives each request an id and logs it: one line per request."""

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from config.http.client_address import client_address
from config.observability import metrics
from config.observability.logs import identity_of

log = structlog.get_logger(__name__)


class RequestMiddleware:
    """Gives each request an id, returns it as `X-Request-ID`, and logs one line without the query string."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        identity = identity_of(request.headers.get("X-Request-ID", ""))
        with structlog.contextvars.bound_contextvars(request_id=identity, address=client_address(request)):
            response = self.get_response(request)
            response["X-Request-ID"] = identity
            match = request.resolver_match
            _count(request, response, seconds=time.monotonic() - started)
            log.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                ids=dict(match.kwargs) if match else {},
                status=response.status_code,
                user_id=getattr(request, "user_id", None),
                **({"api_key_id": str(key_id)} if (key_id := getattr(request, "api_key_id", None)) else {}),
                milliseconds=round((time.monotonic() - started) * 1000),
            )
        return response


def _count(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    route = request.resolver_match.route if request.resolver_match else "none"
    method = metrics.method_label(request.method or "")
    metrics.requests.labels(route, method, response.status_code).inc()
    metrics.request_seconds.labels(route, method).observe(seconds)
