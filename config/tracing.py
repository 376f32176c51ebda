"""Traces: from a request through its task to the call to Gemini, sent by OTLP over HTTP.

Off without OTEL_EXPORTER_OTLP_ENDPOINT, and then nothing that makes or sends spans is even imported. A span says a
route's pattern, a status, ids of rows and the request's id: never who, nor what was said. What a client sends as its
own trace is not taken over, since it may name anything.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

import structlog
from celery import signals
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config.metrics import method_label

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

HEADER: Final = "traceparent"
"""The header of a task (https://www.w3.org/TR/trace-context/#traceparent-header)."""

REQUEST_ID: Final = "request_id"
SERVER_ERROR: Final = 500

_tracer: "Tracer | None" = None
_running: dict[str, tuple[ExitStack, "Span"]] = {}
"""The spans of the tasks that are being run, by the task's id."""


def configure(*, endpoint: str, headers: str, process: str) -> None:
    """Send this process's spans to `endpoint`; without one, make none.

    Args:
        endpoint: the collector's base address, as OTEL_EXPORTER_OTLP_ENDPOINT has it.
        headers: what it wants to be sent along, as OTEL_EXPORTER_OTLP_HEADERS has it.
        process: which of the Procfile's this is.
    """
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415

    given = dict(parse_env_headers(headers, liberal=True))
    export_to(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=given), process=process)


def export_to(exporter: "SpanExporter", *, process: str) -> None:
    """Give the spans of this process to `exporter`, a batch at a time, in a thread of its own."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    global _tracer  # noqa: PLW0603  one for the process
    name = f"kuvaka-{process}" if process else "kuvaka"
    provider = TracerProvider(resource=Resource.create({"service.name": name, "process.pid": os.getpid()}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("kuvaka")


def span(name: str, **attributes: str | int) -> "AbstractContextManager[Span | None]":
    """A span around a block, below the one that is open here; an exception that leaves the block marks it as failed."""
    return _spanned(_tracer, name, attributes) if _tracer else nullcontext()


@contextmanager
def _spanned(
    tracer: "Tracer", name: str, attributes: dict[str, str | int], *, context: Any = None, kind: str = "INTERNAL"
) -> Iterator["Span"]:
    from opentelemetry.trace import SpanKind  # noqa: PLC0415

    with tracer.start_as_current_span(
        name,
        context=context,
        kind=SpanKind[kind],
        attributes={key: value for key, value in attributes.items() if value != ""},
        record_exception=False,  # an exception's message may quote a user
        set_status_on_exception=False,
    ) as spanned:
        try:
            yield spanned
        except BaseException as error:
            _mark_failed(spanned, type(error).__name__)
            raise


def _mark_failed(spanned: "Span", kind: str) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415

    spanned.set_status(StatusCode.ERROR)
    spanned.set_attribute("error.type", kind)


@contextmanager
def apart() -> Iterator[None]:
    """Let what is published in the block begin traces of its own: it has another cause than what is being run."""
    if _tracer is None:
        yield
        return
    from opentelemetry import context  # noqa: PLC0415

    token = context.attach(context.Context())
    try:
        yield
    finally:
        context.detach(token)


class TracingMiddleware:
    """A span for each request, named for its route; not there at all while tracing is off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if _tracer is None:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request inside its span."""
        assert _tracer is not None
        from opentelemetry.context import Context  # noqa: PLC0415

        method = method_label(request.method or "")
        with _spanned(_tracer, method, {REQUEST_ID: _request_id()}, context=Context(), kind="SERVER") as spanned:
            response = self.get_response(request)
            route = request.resolver_match.route if request.resolver_match else "none"
            spanned.update_name(f"{method} {route}")
            spanned.set_attributes({"http.route": route, "http.response.status_code": response.status_code})
            if response.status_code >= SERVER_ERROR:
                _mark_failed(spanned, str(response.status_code))
            return response


# --- Tasks ------------------------------------------------------------------------------------------------------------


@signals.before_task_publish.connect
def _send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if _tracer is not None and headers is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        if HEADER in carrier:
            headers[HEADER] = carrier[HEADER]


@signals.task_prerun.connect
def _begin(task_id: str, task: Any, **_: Any) -> None:
    if _tracer is None:
        return
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    parent = getattr(task.request, HEADER, None)
    context = TraceContextTextMapPropagator().extract({HEADER: parent} if parent else {}, Context())
    stack = ExitStack()
    attributes: dict[str, str | int] = {REQUEST_ID: _request_id()}
    _running[task_id] = (
        stack,
        stack.enter_context(_spanned(_tracer, task.name, attributes, context=context, kind="CONSUMER")),
    )


@signals.task_postrun.connect
def _end(task_id: str, state: str | None = None, **_: Any) -> None:
    stack, spanned = _running.pop(task_id, (None, None))
    if stack and spanned:
        if state == "FAILURE":
            _mark_failed(spanned, "task_failed")
        stack.close()


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
