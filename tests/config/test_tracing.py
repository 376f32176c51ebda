"""What a trace contains, and what it never contains."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import structlog
from celery import signals
from django.http import HttpResponse
from django.test import RequestFactory

from config import VERSION
from config.celery import app, publish
from config.observability import tracing
from tests.doubles.collector import CollectorDouble

CANARY = "canary-of-the-user"
Ended = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_tracer", None)


@pytest.fixture
def collector() -> Iterator[CollectorDouble]:
    with CollectorDouble() as double:
        yield double


@pytest.fixture
def ended(_off: None, collector: CollectorDouble) -> Iterator[Ended]:
    """Turn tracing on; the spans that have ended so far, as the collector received them."""
    # The base address, as the variable has it: with a slash, or without.
    tracing.configure(endpoint=collector.url + "/", headers="api-key=a%20key", process="worker", environment="staging")
    processor = tracing._tracer.span_processor  # type: ignore[union-attr]

    def flush() -> list[dict[str, Any]]:
        processor.force_flush()
        return collector.spans()

    yield flush
    processor.shutdown()
    structlog.contextvars.clear_contextvars()


def serve(view: Callable[[Any], HttpResponse], path: str = "/chatroom/7", **request: Any) -> HttpResponse:
    made = RequestFactory().generic(request.pop("method", "GET"), f"{path}?q={CANARY}", **request)
    return tracing.TracingMiddleware(view)(made)


def routed(request: Any, route: str = "chatroom/<int:room_id>", status: int = 200, **kwargs: Any) -> HttpResponse:
    request.resolver_match = SimpleNamespace(route=route, args=(), kwargs=kwargs or {"room_id": 7})
    return HttpResponse(status=status)


def unrouted(request: Any) -> HttpResponse:
    return HttpResponse(status=404)


def task(name: str = "some.task", **headers: str) -> SimpleNamespace:
    delivery = {"exchange": "", "routing_key": "default"}
    return SimpleNamespace(name=name, request=SimpleNamespace(delivery_info=delivery, **headers))


def run(task_id: str, state: str = "SUCCESS", retval: Any = None, **headers: str) -> None:
    signals.task_prerun.send(sender=None, task_id=task_id, task=task(**headers))
    signals.task_postrun.send(sender=None, task_id=task_id, task=task(), state=state, retval=retval)


# --- Requests ---------------------------------------------------------------------------------------------------------


def test_a_request_is_a_server_span_by_the_conventions(ended: Ended) -> None:
    with structlog.contextvars.bound_contextvars(request_id="an-id-of-ours"):
        serve(routed)
    [span] = ended()
    assert (span["name"], span["kind"], span["failed"]) == ("GET /chatroom/<int:room_id>", "SERVER", False)
    assert span["attributes"] == {
        "request_id": "an-id-of-ours",
        "http.request.method": "GET",
        "http.route": "/chatroom/<int:room_id>",
        "http.response.status_code": 200,
        "url.path": "/chatroom/7",
        "url.scheme": "http",
    }


def test_what_is_no_route_is_named_by_its_method_alone(ended: Ended) -> None:
    serve(unrouted, path=f"/{CANARY}/+919876543210")
    [span] = ended()
    assert (span["name"], span["attributes"]["url.path"]) == ("GET", "/REDACTED")
    assert "http.route" not in span["attributes"]
    assert not span["failed"], "a client's error is none of the server's"


def test_an_unknown_method_is_not_in_the_name(ended: Ended) -> None:
    serve(unrouted, method=CANARY.upper())
    serve(routed, method=CANARY.upper())
    assert [span["name"] for span in ended()] == ["HTTP", "HTTP /chatroom/<int:room_id>"]
    assert {span["attributes"]["http.request.method"] for span in ended()} == {"_OTHER"}


@pytest.mark.parametrize(
    ("value", "path"), [("12", "/x/12"), (UUID(int=1), f"/x/{UUID(int=1)}"), (CANARY, "/REDACTED")]
)
def test_a_path_is_recorded_if_its_parts_are_ids(ended: Ended, value: Any, path: str) -> None:
    serve(lambda request: routed(request, "x/<path:object_id>", object_id=value), path=f"/x/{value}")
    [span] = ended()
    assert span["attributes"]["url.path"] == path


def test_a_span_has_no_query_header_or_unknown_path(ended: Ended, collector: CollectorDouble) -> None:
    headers = {"HTTP_USER_AGENT": CANARY, "HTTP_BAGGAGE": f"user={CANARY}", "HTTP_TRACESTATE": f"a={CANARY}"}
    serve(routed, **headers, HTTP_TRACEPARENT=f"00-{'ab' * 16}-{'cd' * 8}-01", HTTP_HOST=f"{CANARY}.example")
    serve(unrouted, path=f"/{CANARY}", method=CANARY.upper())
    assert len(ended()) == 2
    assert CANARY not in collector.text().lower()


def test_a_clients_own_trace_is_linked_and_not_continued(ended: Ended) -> None:
    serve(routed, HTTP_TRACEPARENT=f"00-{'ab' * 16}-{'cd' * 8}-01")
    [span] = ended()
    assert span["parent"] == ""
    assert span["trace"] != "ab" * 16
    assert span["links"] == [("ab" * 16, "cd" * 8)]


@pytest.mark.parametrize("given", ["", "nonsense", f"00-{'00' * 16}-{'cd' * 8}-01", f"ff-{'ab' * 16}-{'cd' * 8}-01"])
def test_what_is_no_trace_is_not_linked_to(ended: Ended, given: str) -> None:
    serve(routed, HTTP_TRACEPARENT=given)
    [span] = ended()
    assert span["links"] == []


def test_a_response_of_500_marks_the_span(ended: Ended) -> None:
    serve(lambda request: routed(request, status=503))
    [span] = ended()
    assert (span["failed"], span["attributes"]["error.type"]) == (True, "503")


def test_a_failed_span_has_the_errors_type_and_no_text(ended: Ended, collector: CollectorDouble) -> None:
    with pytest.raises(ValueError, match=CANARY), tracing.span("work", {"reply_id": 3}):
        raise ValueError(CANARY)
    [span] = ended()
    assert span["failed"]
    assert span["attributes"] == {"reply_id": 3, "error.type": "ValueError"}
    assert CANARY not in collector.text()


# --- Tasks ------------------------------------------------------------------------------------------------------------


def test_a_task_span_is_below_its_publishing_and_the_request(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    headers: dict[str, str] = {}

    def send_task(name: str, args: Any) -> None:
        signals.before_task_publish.send(sender=name, headers=headers, body=args)

    def published(request: Any) -> HttpResponse:
        publish("chatrooms.tasks.answer", 1)
        return routed(request)

    monkeypatch.setattr(app, "send_task", send_task)
    with structlog.contextvars.bound_contextvars(request_id="an-id-of-ours"):
        serve(published)
    # The context of the thread's earlier work.
    with structlog.contextvars.bound_contextvars(request_id="another-id"):
        run("1", **headers)
    sent, request, worked = ended()
    assert (sent["name"], sent["kind"], sent["parent"]) == ("send gemini", "PRODUCER", request["id"])
    assert (worked["name"], worked["kind"], worked["parent"]) == ("process default", "CONSUMER", sent["id"])
    assert {span["trace"] for span in (sent, request, worked)} == {request["trace"]}
    assert sent["attributes"] == {
        "request_id": "an-id-of-ours",
        "messaging.system": "celery",
        "messaging.destination.name": "gemini",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "code.function.name": "chatrooms.tasks.answer",
    }
    assert worked["attributes"] == {
        "request_id": "an-id-of-ours",
        "messaging.system": "celery",
        "messaging.destination.name": "default",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.message.id": "1",
        "code.function.name": "some.task",
    }


def test_a_task_that_redis_does_not_accept_is_a_failed_span(ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, args: Any) -> None:
        raise ConnectionRefusedError(CANARY)

    monkeypatch.setattr(app, "send_task", refuse)
    assert not publish("some.task", 1)
    [sent] = ended()
    assert (sent["failed"], sent["attributes"]["error.type"]) == (True, "ConnectionRefusedError")
    assert sent["attributes"]["messaging.destination.name"] == "default"


def test_a_task_published_alone_begins_its_own_trace(ended: Ended) -> None:
    headers: dict[str, str] = {}
    with tracing.span("sweep", {}), tracing.apart(), tracing.sending("some.task", queue="default"):
        signals.before_task_publish.send(sender="some.task", headers=headers, body=())
    run("2", traceparent=headers["traceparent"])
    sent, swept, worked = ended()
    assert (sent["parent"], worked["parent"]) == ("", sent["id"])
    assert worked["trace"] != swept["trace"]


def test_a_failed_task_is_marked_by_its_error(ended: Ended, collector: CollectorDouble) -> None:
    run("3", state="FAILURE", retval=ValueError(CANARY))
    [span] = ended()
    assert (span["failed"], span["attributes"]["error.type"]) == (True, "ValueError")
    assert CANARY not in collector.text()


def test_only_spans_of_a_task_are_its_children(ended: Ended) -> None:
    signals.task_prerun.send(sender=None, task_id="4", task=task())
    with tracing.span("inner", {}):
        pass
    signals.task_postrun.send(sender=None, task_id="4", task=task(), state="SUCCESS")
    with tracing.span("later", {}):
        pass
    inner, worked, later = ended()
    assert inner["parent"] == worked["id"]
    assert later["parent"] == ""
    assert tracing._running == {}


# --- Periodic tasks without work --------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [0, {"lost": 0, "published": 0}, "not_due"])
def test_a_periodic_task_without_work_makes_no_span(ended: Ended, outcome: Any) -> None:
    run("5", retval=outcome)
    assert ended() == []


@pytest.mark.parametrize("outcome", [1, {"lost": 0, "published": 2}, None, "payment_provider_away"])
def test_a_periodic_task_with_work_makes_a_span(ended: Ended, outcome: Any) -> None:
    run("6", retval=outcome)
    assert [span["name"] for span in ended()] == ["process default"]


def test_a_periodic_task_that_fails_makes_a_span(ended: Ended) -> None:
    run("7", state="FAILURE", retval=ValueError())
    run("8", state="RETRY", retval=0)
    assert len(ended()) == 2


def test_a_periodic_task_that_publishes_makes_a_span(ended: Ended) -> None:
    signals.task_prerun.send(sender=None, task_id="9", task=task())
    with tracing.sending("some.task", queue="default"):
        pass
    signals.task_postrun.send(sender=None, task_id="9", task=task(), state="SUCCESS", retval=0)
    sent, swept = ended()
    assert sent["parent"] == swept["id"]


def test_a_task_that_was_published_always_makes_a_span(ended: Ended) -> None:
    with tracing.sending("some.task", queue="default"):
        headers: dict[str, str] = {}
        signals.before_task_publish.send(sender="some.task", headers=headers, body=())
    run("10", retval="not_due", traceparent=headers["traceparent"])
    assert len(ended()) == 2


# --- Who makes them, and when -----------------------------------------------------------------------------------------


def test_a_span_names_its_process_and_version(ended: Ended) -> None:
    with tracing.span("work", {"request_id": "one"}):
        pass
    [span] = ended()
    assert (span["name"], span["kind"], span["attributes"]) == ("work", "INTERNAL", {"request_id": "one"})
    assert (
        span["resource"].items()
        >= {
            "service.name": "kuvaka-worker",
            "service.version": VERSION,
            "deployment.environment.name": "staging",
        }.items()
    )
    assert (span["scope"].name, span["scope"].version) == ("kuvaka", VERSION)
