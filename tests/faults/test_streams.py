"""Streams while parts of the stack fail: the client ends up with exactly the stored reply."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests import sse
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

ENDED = (0, -signal.SIGTERM)
"""uvicorn raises the signal again once it has shut down."""

TEXT = " ".join(f"word{number}" for number in range(300))


def follow(sent: dict, reader: sse.Reader | None = None) -> sse.Reader:
    """Read as a browser does: after a broken connection, or an end that is not final, resume after the last id."""
    reader = reader or sse.Reader()
    url = sent["stream_url"]
    while reader.end is None:
        try:
            response = sse.Response(url, headers={"Last-Event-ID": reader.last_id})
            if response.status != 200:
                assert response.status == 503, response.status
                raise ConnectionError
            for received in response.events():
                reader.receive(received)
        except OSError:
            time.sleep(0.2)
        if reader.end and reader.end.data.get("final") is False:
            reader.end = None
            time.sleep(0.2)
    return reader


def test_a_client_is_sent_a_killed_workers_reply_by_another(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    stack.double.script({"text": TEXT, "chunks": 60, "hold": 10})
    stack.double.default(text=TEXT, chunks=60, delay=0.05)
    sent = alice.send(alice.room(), "Hello")
    seen = sse.Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, seen)
        wait_until(lambda: seen.text, "a first chunk")
        stack.kill("worker")
        stack.start("worker")
        reader = reading.result()
    assert reader.text == TEXT == alice.message(sent["id"])["gemini_response"]
    assert reader.starts >= 2
    attempts = {each.id.split(":")[1].split("-")[0] for each in reader.events if each.event == "delta"}
    assert attempts == {"1", "2"}
    kinds = [each.event for each in reader.events]
    second = next(n for n, each in enumerate(reader.events) if each.event == "delta" and ":2-" in each.id)
    assert "start" in kinds[kinds.index("delta") : second], "the texts of two attempts were mixed"


def test_stream_and_worker_restart_under_load_without_loss(breakable: Stack) -> None:
    stack = breakable
    stack.restart("worker", REPLY_DRAIN="1")
    stack.set_tier("basic", parallel_replies=8, waiting_replies=100)
    users = [stack.sign_up() for _ in range(10)]
    stack.double.default(text=TEXT, chunks=60, delay=0.05)
    sent = [(alice, alice.send(alice.room(), f"Hello {n}")) for alice in users for n in range(2)]
    seen = [sse.Reader() for _ in sent]
    with ThreadPoolExecutor(len(sent)) as pool:
        reading = [pool.submit(follow, message, each) for (_, message), each in zip(sent, seen, strict=True)]
        wait_until(lambda: all(each.text for each in seen), "a first chunk of each")
        assert stack.stop("stream") in ENDED
        stack.start("stream")
        assert stack.stop("worker") == 0
        stack.start("worker")
        readers = [each.result() for each in reading]
    for (alice, message), reader in zip(sent, readers, strict=True):
        assert reader.text == TEXT == alice.message(message["id"])["gemini_response"]


def test_open_streams_do_not_delay_a_stopping_process(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    stack.double.default(ttft=90)
    sent = alice.send(alice.room(), "Hello")
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "a call")
    opened = [sse.Response(sent["stream_url"]) for _ in range(5)]
    assert [each.status for each in opened] == [200] * 5
    assert stack.stop("stream") in ENDED, "it exits although the reply, and so the streams, have not ended"
    assert stack.double.ledger()["in_flight"] == 1
    for response in opened:
        *_, last = response.events()
        assert (last.event, last.data) == ("error", {"code": "stream_unavailable", "final": False})


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_without_redis_a_stream_ends_and_the_reply_is_finished(breakable: Stack, how: str) -> None:
    stack = breakable
    alice = stack.sign_up()
    stack.double.default(text=TEXT, chunks=60, hold=20)
    break_redis, repair_redis = (
        (stack.redis.stop, stack.redis.start) if how == "stopped" else (stack.redis.freeze, stack.redis.thaw)
    )
    sent = alice.send(alice.room(), "Hello")
    events = sse.Response(sent["stream_url"]).events()
    while next(events).event != "delta":
        pass
    break_redis()
    *_, last = events
    assert (last.event, last.data) == ("error", {"code": "stream_unavailable", "final": False})
    refused = sse.Response(sent["stream_url"], accept="application/json")  # an EventSource would get an event
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    stack.double.release()
    finished = alice.wait_for_reply(sent["id"])
    assert finished["gemini_response"] == TEXT
    stack.double.default(text=TEXT)
    again = alice.send(alice.room(), "Still?") if how == "stopped" else None
    whole = sse.read(sent["stream_url"])  # final, so it comes from the database
    assert whole.text == TEXT
    repair_redis()
    if again:
        assert follow(again).text == TEXT


def test_a_redis_restart_during_a_stream_loses_no_text(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    stack.double.default(text=TEXT, chunks=60, delay=0.1, hold=20)
    sent = alice.send(alice.room(), "Hello")
    seen = sse.Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, seen)
        wait_until(lambda: seen.text, "a first chunk")
        stack.redis.stop()
        time.sleep(1)  # long enough to be noticed
        stack.redis.start()
        stack.double.release()
        reader = reading.result()
    assert reader.text == TEXT == alice.wait_for_reply(sent["id"])["gemini_response"]


def test_a_reply_can_be_stopped_without_redis(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    stack.double.default(text=TEXT, chunks=60, hold=20)
    sent = alice.send(alice.room(), "Hello")
    events = sse.Response(sent["stream_url"]).events()
    while next(events).event != "delta":
        pass
    stack.redis.stop()
    stopped = alice.call("POST", f"/message/{sent['id']}/stop")
    assert stopped.status_code == 200, stopped.text
    assert stopped.json()["reply"]["status"] == "stopped"
    wait_until(lambda: stack.double.ledger()["in_flight"] == 0, "the end of the call", 30)
    assert stack.double.calls()[0]["disconnected"]
    wait_until(lambda: alice.message(sent["id"])["gemini_response"], "the text")
    message = alice.message(sent["id"])
    assert TEXT.startswith(message["gemini_response"])
    assert message["reply"]["output_tokens"]
    assert alice.call("GET", "/usage").json()["used"] == 1


def test_a_frozen_workers_late_chunks_are_never_sent(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    stack.double.script({"text": "OLD " * 100, "chunks": 100, "hold": 50}, {"text": TEXT, "chunks": 40, "delay": 0.1})
    sent = alice.send(alice.room(), "Hello")
    seen = sse.Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, seen)
        wait_until(lambda: "OLD" in seen.text, "a first chunk of the old text")
        stack.signal("worker", signal.SIGSTOP)
        frozen = stack.processes.pop("worker")
        stack.expire_leases()
        stack.start("worker")
        wait_until(lambda: len(stack.double.calls()) == 2, "another worker")
        stack.double.release()
        thaw = threading.Timer(0.5, lambda: os.killpg(frozen.pid, signal.SIGCONT))
        thaw.start()
        reader = reading.result()
    os.killpg(frozen.pid, signal.SIGKILL)
    frozen.wait()
    assert reader.text == TEXT == alice.message(sent["id"])["gemini_response"]


def test_the_first_client_after_a_redis_restart_is_served(breakable: Stack) -> None:
    breakable.double.default(text=TEXT, chunks=300, delay=0.5)
    alice = breakable.sign_up()
    sent = alice.send(alice.room(), "Hello")

    def first() -> sse.ReceivedEvent:
        with closing(sse.Response(sent["stream_url"], accept="application/json")) as response:
            assert response.status == 200
            return next(response.events())

    assert first().event == "start"
    for _ in range(5):
        breakable.redis.stop()
        breakable.redis.start()
        received = first()
        assert received.data.get("code") != "stream_unavailable", received
