"""What a trace says, what it never says, and that nothing of it is there while it is off."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from celery import signals
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.test import RequestFactory

from config import tracing
from tests.config.spans import Kept
from tests.doubles.collector import CollectorDouble

CANARY = "canary-of-the-user"


@pytest.fixture(autouse=True)
def _off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracer", None)


@pytest.fixture
def ended(_off: None) -> Iterator[Callable[[], list[Any]]]:
    """Turn tracing on; the spans that have ended so far."""
    kept = Kept()
    tracing.export_to(kept, process="test")
    provider = tracing._tracer.span_processor  # type: ignore[union-attr]

    def flush() -> list[Any]:
        provider.force_flush()
        return kept.spans

    yield flush
    provider.shutdown()
    structlog.contextvars.clear_contextvars()


def serve(answer: Callable[[Any], HttpResponse], **request: Any) -> HttpResponse:
    return tracing.TracingMiddleware(answer)(RequestFactory().get("/chatroom/7?q=" + CANARY, **request))


def routed(request: Any) -> HttpResponse:
    request.resolver_match = SimpleNamespace(route="chatroom/<int:room_id>")
    return HttpResponse()


def task(name: str = "some.task", **headers: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, request=SimpleNamespace(**headers))


def run(task_id: str, state: str = "SUCCESS", **headers: str) -> None:
    signals.task_prerun.send(sender=None, task_id=task_id, task=task(**headers))
    signals.task_postrun.send(sender=None, task_id=task_id, task=task(), state=state)


def test_a_request_is_named_for_its_route_and_says_its_id_and_status(ended: Callable[[], list[Any]]) -> None:
    with structlog.contextvars.bound_contextvars(request_id="an-id-of-ours"):
        serve(routed)
    [span] = ended()
    assert span.name == "GET chatroom/<int:room_id>"
    assert dict(span.attributes) == {
        "request_id": "an-id-of-ours",
        "http.route": "chatroom/<int:room_id>",
        "http.response.status_code": 200,
    }


def test_neither_a_path_nor_a_query_nor_a_header_gets_into_a_span(ended: Callable[[], list[Any]]) -> None:
    serve(routed, HTTP_USER_AGENT=CANARY, HTTP_BAGGAGE=f"user={CANARY}", HTTP_TRACESTATE=f"a={CANARY}")
    assert CANARY not in str([span.to_json() for span in ended()])


def test_a_clients_own_trace_is_not_taken_over(ended: Callable[[], list[Any]]) -> None:
    serve(routed, HTTP_TRACEPARENT=f"00-{'ab' * 16}-{'cd' * 8}-01")
    [span] = ended()
    assert span.parent is None
    assert format(span.context.trace_id, "032x") != "ab" * 16


def test_an_error_marks_the_span_by_its_type_and_leaves_its_text_out(ended: Callable[[], list[Any]]) -> None:
    with pytest.raises(ValueError, match=CANARY), tracing.span("work", reply_id=3):
        raise ValueError(CANARY)
    [span] = ended()
    assert not span.status.is_ok
    assert dict(span.attributes) == {"reply_id": 3, "error.type": "ValueError"}
    assert CANARY not in span.to_json()


def test_an_answer_of_500_marks_the_span(ended: Callable[[], list[Any]]) -> None:
    serve(lambda _: HttpResponse(status=503))
    [span] = ended()
    assert not span.status.is_ok


def test_a_task_goes_on_with_the_trace_of_the_request_that_published_it(
    ended: Callable[[], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    headers: dict[str, str] = {}

    def publish(request: Any) -> HttpResponse:
        signals.before_task_publish.send(sender="some.task", headers=headers, body=())
        return HttpResponse()

    serve(publish)
    run("1", traceparent=headers["traceparent"])
    request, worked = ended()
    assert worked.name == "some.task"
    assert worked.context.trace_id == request.context.trace_id
    assert worked.parent.span_id == request.context.span_id


def test_what_is_published_apart_begins_a_trace_of_its_own(ended: Callable[[], list[Any]]) -> None:
    headers: dict[str, str] = {}
    with tracing.span("sweep"), tracing.apart():
        signals.before_task_publish.send(sender="some.task", headers=headers, body=())
    assert "traceparent" not in headers
    run("2")
    swept, worked = ended()
    assert worked.parent is None
    assert worked.context.trace_id != swept.context.trace_id


def test_a_failed_task_is_marked(ended: Callable[[], list[Any]]) -> None:
    run("3", state="FAILURE")
    [span] = ended()
    assert not span.status.is_ok


def test_what_runs_in_a_task_stands_below_it_and_nothing_after_it_does(ended: Callable[[], list[Any]]) -> None:
    signals.task_prerun.send(sender=None, task_id="4", task=task())
    with tracing.span("inner"):
        pass
    signals.task_postrun.send(sender=None, task_id="4", task=task(), state="SUCCESS")
    with tracing.span("later"):
        pass
    inner, worked, later = ended()
    assert inner.parent.span_id == worked.context.span_id
    assert later.parent is None
    assert tracing._running == {}


def test_off_nothing_that_makes_or_sends_spans_or_reports_is_imported() -> None:
    script = (
        "import django, sys; django.setup()\n"
        "import django.core.handlers.wsgi as wsgi; handler = wsgi.WSGIHandler()\n"
        "from config import tracing; from config.celery import app\n"
        "assert tracing.span('x').__enter__() is None\n"
        "ours = ('opentelemetry.sdk.trace', 'opentelemetry.exporter', 'sentry_sdk')  # redis-py imports the metrics\n"
        "print([name for name in sys.modules if name.startswith(ours)])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_off_a_task_has_no_header() -> None:
    headers: dict[str, str] = {}
    signals.before_task_publish.send(sender="some.task", headers=headers, body=())
    assert "traceparent" not in headers


def test_spans_reach_a_collector_at_its_base_address() -> None:
    with CollectorDouble() as collector:
        tracing.configure(endpoint=collector.url + "/", headers="api-key=a%20key", process="worker")
        with tracing.span("work", request_id="one"):
            pass
        tracing._tracer.span_processor.shutdown()  # type: ignore[union-attr]
        [span] = collector.spans()
    assert (span["name"], span["service"], span["attributes"]) == ("work", "kuvaka-worker", {"request_id": "one"})


def test_off_no_request_passes_through_it() -> None:
    with pytest.raises(MiddlewareNotUsed):
        tracing.TracingMiddleware(routed)
