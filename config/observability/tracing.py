"""Traces from a request through its task to the call to Gemini, sent by OTLP over HTTP.

Names and attributes follow OpenTelemetry's semantic conventions for HTTP, messaging and generative AI
(https://opentelemetry.io/docs/specs/semconv/). Without OTEL_EXPORTER_OTLP_ENDPOINT, tracing is off and its libraries
are not imported. A span contains a route, a status, counts, ids of rows and the request's id; never the user, nor any
text. A client's own trace is linked, not continued: the client could choose any id, and would decide what is sampled.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from celery import signals
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from config import VERSION
from config.observability.logs import TASK_HEADER, request_id
from config.observability.metrics import METHODS

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

Attributes = Mapping[str, str | int | Sequence[str]]

HEADER: Final = "traceparent"
"""The header of a request and of a task (https://www.w3.org/TR/trace-context/#traceparent-header)."""

REQUEST_ID: Final = "request_id"
SERVER_ERROR: Final = 500

REDACTED: Final = "/REDACTED"
"""Replaces a path that may contain a user's text: one without a route, or with words as parameters."""

NOTHING_DUE: Final = "not_due"
"""The result of a periodic task that was not due."""

_tracer: "Tracer | None" = None


@dataclass(slots=True)
class _Run:
    """A running task. The span of a periodic one that does nothing is dropped."""

    span: "Span"
    is_periodic: bool
    has_children: bool = False
    stack: ExitStack = field(default_factory=ExitStack)


_running: dict[str, _Run] = {}
"""By the id of the task."""


def configure(*, endpoint: str, headers: str, process: str, environment: str) -> None:
    """Send the spans of this process to `endpoint`; without one, tracing is off.

    Args:
        endpoint: the collector's base URL, OTEL_EXPORTER_OTLP_ENDPOINT.
        headers: headers for the collector, OTEL_EXPORTER_OTLP_HEADERS.
        process: the name of this process in the Procfile.
        environment: the installation, for example production.
    """
    if not endpoint:
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415

    given = dict(parse_env_headers(headers, liberal=True))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=given)
    export_to(exporter, process=process, environment=environment)


def export_to(exporter: "SpanExporter", *, process: str, environment: str = "development") -> None:
    """Send the spans of this process to `exporter` in batches, from a separate thread."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    global _tracer  # noqa: PLW0603  one for the process
    name = f"kuvaka-{process}" if process else "kuvaka"
    resource: dict[str, str | int] = {
        "service.name": name,
        "service.version": VERSION,
        "deployment.environment.name": environment,
        "process.pid": os.getpid(),
    }
    provider = TracerProvider(resource=Resource.create(resource))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _tracer = provider.get_tracer("kuvaka", VERSION)


def is_on() -> bool:
    return _tracer is not None


def span(name: str, attributes: Attributes, *, kind: str = "INTERNAL") -> "AbstractContextManager[Span | None]":
    """A span around a block, a child of the current one. An exception that leaves the block marks it as failed."""
    return _spanned(_tracer, name, attributes, kind=kind) if _tracer else nullcontext()


@contextmanager
def _spanned(
    tracer: "Tracer", name: str, attributes: Attributes, *, kind: str, context: "Context | None" = None, **more: Any
) -> Iterator["Span"]:
    from opentelemetry.trace import SpanKind, get_current_span  # noqa: PLC0415

    parent = get_current_span(context)
    for run in list(_running.values()):
        if run.span is parent:
            run.has_children = True
    with tracer.start_as_current_span(
        name,
        context=context,
        kind=SpanKind[kind],
        attributes={key: value for key, value in attributes.items() if value != ""},
        record_exception=False,  # an exception's message may quote a user
        set_status_on_exception=False,
        **more,
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
    """Start new traces for the tasks that are published in the block, because the current task did not cause them."""
    if _tracer is None:
        yield
        return
    from opentelemetry import context  # noqa: PLC0415

    token = context.attach(context.Context())
    try:
        yield
    finally:
        context.detach(token)


# --- Requests ---------------------------------------------------------------------------------------------------------


class TracingMiddleware:
    """A span for each request, named after its route. The middleware is not installed while tracing is off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if _tracer is None:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        assert _tracer is not None
        from opentelemetry.context import Context  # noqa: PLC0415

        is_known = request.method in METHODS
        attributes = {
            REQUEST_ID: request_id(),
            "http.request.method": request.method or "" if is_known else "_OTHER",
            "url.scheme": request.scheme or "",
        }
        name = request.method or "" if is_known else "HTTP"
        links = _links(request.headers.get(HEADER, ""))
        with _spanned(_tracer, name, attributes, context=Context(), kind="SERVER", links=links) as spanned:
            response = self.get_response(request)
            if match := request.resolver_match:
                spanned.update_name(f"{name} /{match.route}")
                spanned.set_attribute("http.route", f"/{match.route}")
            spanned.set_attribute("url.path", _path_of(request))
            spanned.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= SERVER_ERROR:
                _mark_failed(spanned, str(response.status_code))
            return response


def _path_of(request: HttpRequest) -> str:
    match = request.resolver_match
    is_plain = match and all(
        isinstance(value, int | UUID) or str(value).isdecimal() for value in (*match.args, *match.kwargs.values())
    )
    return request.path if is_plain else REDACTED


def _links(traceparent: str) -> list[Any]:
    """A link to the client's own trace."""
    from opentelemetry.trace import Link, get_current_span  # noqa: PLC0415

    remote = get_current_span(_extracted(traceparent)).get_span_context()
    return [Link(remote)] if remote.is_valid else []


def _extracted(traceparent: str) -> "Context":
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    return TraceContextTextMapPropagator().extract({HEADER: traceparent} if traceparent else {}, Context())


# --- Tasks ------------------------------------------------------------------------------------------------------------


def sending(task: str, *, queue: str) -> "AbstractContextManager[Span | None]":
    """A span around the publishing of a task; the task's own span becomes its child."""
    attributes = {REQUEST_ID: request_id(), **_messaging("send", task=task, queue=queue)}
    return span(f"send {queue}", attributes, kind="PRODUCER")


def _messaging(operation: str, *, task: str, queue: str) -> dict[str, str]:
    return {
        "messaging.system": "celery",
        "messaging.destination.name": queue,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
        "code.function.name": task,
    }


@signals.before_task_publish.connect
def _inject_traceparent(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if _tracer is not None and headers is not None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        if HEADER in carrier:
            headers[HEADER] = carrier[HEADER]


@signals.task_prerun.connect
def _start_task_span(task_id: str, task: Any, **_: Any) -> None:
    if _tracer is None:
        return
    parent = getattr(task.request, HEADER, None) or ""
    queue = (getattr(task.request, "delivery_info", None) or {}).get("routing_key") or ""
    stack = ExitStack()
    spanned = stack.enter_context(
        _spanned(
            _tracer,
            f"process {queue}".rstrip(),
            {
                REQUEST_ID: getattr(task.request, TASK_HEADER, None) or "",
                "messaging.message.id": task_id,
                **_messaging("process", task=task.name, queue=queue),
            },
            context=_extracted(parent),
            kind="CONSUMER",
            end_on_exit=False,
        )
    )
    _running[task_id] = _Run(span=spanned, is_periodic=not parent, stack=stack)


@signals.task_postrun.connect
def _end_task_span(task_id: str, state: str | None = None, retval: Any = None, **_: Any) -> None:
    run = _running.pop(task_id, None)
    if run is None:
        return
    if state == "FAILURE":
        _mark_failed(run.span, type(retval).__name__ if isinstance(retval, BaseException) else "_OTHER")
    run.stack.close()
    if not run.is_periodic or run.has_children or state != "SUCCESS" or not _found_nothing(retval):
        run.span.end()  # otherwise it is never exported


def _found_nothing(outcome: Any) -> bool:
    """Whether the result of a task is that there was nothing to do. None means unknown."""
    counts = outcome.values() if isinstance(outcome, dict) else [outcome]
    return all(count in (0, NOTHING_DUE) for count in counts)
