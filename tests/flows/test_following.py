"""A message can be followed by its request id through logs and a trace; these and the metrics have no private data."""

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.doubles.collector import CollectorDouble
from tests.ports import free_ports_in_a_row
from tests.stack import Stack
from tests.stack_fixtures import _stack
from tests.waiting import TIMEOUT, listens, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

TOKEN = "a-token-for-the-scrapes"
CALL = "chat gemini-flash-latest"
POST = "POST /chatroom/<int:room_id>/message"
SEND = "send gemini"
TASK = "process gemini"
REAP = "chatrooms.tasks.reap"


@pytest.fixture(scope="module")
def collector() -> Iterator[CollectorDouble]:
    with CollectorDouble() as double:
        yield double


@pytest.fixture(scope="module")
def watched_stack(tmp_path_factory: pytest.TempPathFactory, collector: CollectorDouble) -> Iterator[Stack]:
    """A stack for this module only, so that its counters begin at 0."""
    settings = {
        "METRICS_TOKEN": TOKEN,
        "METRICS_PORT": str(free_ports_in_a_row(4)),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "SENTRY_DSN": collector.dsn,
    }
    with _stack(tmp_path_factory, settings) as stack:
        base = int(settings["METRICS_PORT"])
        wait_until(lambda: all(listens(base + number) for number in range(4)), "all four serve their metrics")
        yield stack


@pytest.fixture
def watched(watched_stack: Stack) -> Stack:
    watched_stack.double.reset()
    watched_stack.double.default(ttft=0.3, chunks=3, delay=0.05)
    return watched_stack


def lines(stack: Stack, name: str, **wanted: str) -> list[dict[str, Any]]:
    """Return the lines of a process's log that have all these fields."""
    found = [json.loads(line) for line in stack.log(name).splitlines() if line.startswith("{")]
    return [line for line in found if wanted.items() <= line.items()]


def metrics_of(stack: Stack, name: str) -> str:
    base = int(stack.setting("METRICS_PORT"))
    ports = {"web": stack.port, "worker": base, "tasks": base + 1, "stream": base + 2, "beat": base + 3}
    response = requests.get(
        f"http://127.0.0.1:{ports[name]}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=TIMEOUT
    )
    assert response.status_code == 200, response.text
    return response.text


def trace_of(collector: CollectorDouble, identity: str) -> list[dict[str, Any]]:
    return [span for span in collector.spans() if span["attributes"].get("request_id") == identity]


def test_a_message_can_be_followed_without_private_data(watched: Stack, collector: CollectorDouble) -> None:
    alice = watched.sign_up()
    identity, canary = f"follow-{secrets.token_hex(8)}", f"canary{secrets.token_hex(8)}"
    room = alice.room(canary)
    message = alice.send(room, f"{canary} hello", headers={"X-Request-ID": identity})
    with requests.get(message["stream_url"], stream=True, timeout=TIMEOUT) as live:
        events = live.content.decode()
    assert "event: done" in events
    done = alice.wait_for_reply(message["id"])
    failed = alice.wait_for_reply(alice.send(room, f"{canary} [[double error=400]]")["id"])
    assert (done["reply"]["status"], failed["reply"]["status"]) == ("done", "failed")

    # The logs
    assert lines(watched, "web", request_id=identity, event="request", route="chatroom/<int:room_id>/message")
    assert lines(watched, "worker", request_id=identity, event="reply_done")
    wait_until(lambda: lines(watched, "stream", reply_request_id=identity, event="stream"), "the stream's line")

    # The trace
    wait_until(lambda: len(trace_of(collector, identity)) >= 4, "four spans")
    spans = {span["name"]: span for span in trace_of(collector, identity)}
    assert set(spans) == {POST, SEND, TASK, CALL}
    assert {span["trace"] for span in spans.values()} == {spans[POST]["trace"]}
    assert [spans[name]["parent"] for name in (SEND, TASK, CALL)] == [spans[name]["id"] for name in (POST, SEND, TASK)]
    assert [spans[name]["kind"] for name in (POST, SEND, TASK, CALL)] == ["SERVER", "PRODUCER", "CONSUMER", "CLIENT"]
    services = [spans[name]["service"] for name in (POST, SEND, TASK, CALL)]
    assert services == ["kuvaka-web", "kuvaka-web", "kuvaka-worker", "kuvaka-worker"]
    assert spans[CALL]["attributes"]["reply_id"] == message["reply"]["id"]
    assert spans[TASK]["attributes"]["code.function.name"] == "chatrooms.tasks.answer"
    assert spans[TASK]["attributes"]["messaging.destination.name"] == "gemini"

    # The metrics
    web, worker, stream = (metrics_of(watched, name) for name in ("web", "worker", "stream"))
    assert 'kuvaka_http_requests_total{code="202",method="POST",route="chatroom/<int:room_id>/message"} 2.0' in web
    assert 'kuvaka_replies_total{code="",end="done"} 1.0' in worker
    assert 'kuvaka_replies_total{code="bad_request",end="failed"} 1.0' in worker
    assert "kuvaka_reply_first_token_seconds_count 1.0" in worker
    assert 'kuvaka_streams_total{code="200",end="told"} 1.0' in stream
    assert "kuvaka_stream_clients 0.0" in stream
    wait_until(lambda: re.search(r"\nkuvaka_reaps_total [1-9]", metrics_of(watched, "tasks")), "a reap")
    tasks, beat = metrics_of(watched, "tasks"), metrics_of(watched, "beat")
    assert "kuvaka_database_up 1.0" in beat
    assert 'kuvaka_replies_unfinished{status="queued"} 0.0' in beat

    # The row
    [(first_token_ms,)] = watched.sql(
        "SELECT first_token_ms FROM chatrooms_message WHERE id = %s", message["reply"]["id"]
    )
    assert first_token_ms >= 300

    # A reaper's run that found nothing has no span
    reported = [span for span in collector.spans() if span["attributes"].get("code.function.name") == REAP]
    runs = re.search(r"\nkuvaka_reaps_total ([0-9.]+)", tasks)
    assert runs
    assert len(reported) < float(runs[1])

    # Nothing private
    texts = {"the collector": collector.text(), "the metrics": "".join([web, worker, stream, tasks, beat])}
    private = (canary, alice.number[3:], alice.access_token, alice.refresh_token, "ticket", "a-key-for-the-double")
    assert [(source, word) for source, text in texts.items() for word in private if word in text] == []


def test_a_republished_reply_has_its_request_id_in_its_own_trace(watched: Stack, collector: CollectorDouble) -> None:
    alice = watched.sign_up()
    room, identity = alice.room(), f"again-{secrets.token_hex(8)}"
    watched.double.default(hold=0)
    message = alice.send(room, "hello", headers={"X-Request-ID": identity})
    wait_until(lambda: alice.message(message["id"])["reply"]["status"] == "generating", "claimed")
    watched.kill("worker")
    watched.double.default(ttft=0, chunks=1)
    watched.log_file("worker").unlink()
    watched.start("worker")
    assert alice.wait_for_reply(message["id"])["reply"]["status"] == "done"
    wait_until(lambda: [each for each in trace_of(collector, identity) if each["name"] == CALL], "the call")
    spans = {span["name"]: span for span in trace_of(collector, identity)}
    assert spans[CALL]["trace"] != spans[POST]["trace"]
    assert spans[CALL]["attributes"]["attempt"] == 2
    wait_until(lambda: "kuvaka_leases_lost_total 1.0" in metrics_of(watched, "tasks"), "the lost lease is counted")
