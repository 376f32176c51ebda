"""Streams while parts of the stack die: the client ends with exactly the stored answer."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests import sse
from tests.stack import Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

ENDED = (0, -signal.SIGTERM)
"""uvicorn raises the signal anew when it has done everything."""

TEXT = " ".join(f"word{number}" for number in range(300))


def follow(sent: dict, reader: sse.Reader | None = None) -> sse.Reader:
    """Read as a browser does: after a broken connection, or an end that is not final, go on from the last id."""
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


def test_a_killed_worker_is_replaced_and_the_client_learns_it(breakable: Stack) -> None:
    stack = breakable
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=60, delay=0.05)
    sent = person.send(person.room(), "Hello")
    seen = sse.Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, seen)
        wait_until(lambda: seen.text, "a first piece")
        stack.kill("worker")
        stack.start("worker")
        reader = reading.result()
    assert reader.text == TEXT == person.message(sent["id"])["gemini_response"]
    assert reader.starts >= 2
    attempts = {each.id.split(":")[1].split("-")[0] for each in reader.events if each.event == "delta"}
    assert attempts == {"1", "2"}
    said = [each.event for each in reader.events]
    second = next(n for n, each in enumerate(reader.events) if each.event == "delta" and ":2-" in each.id)
    assert "start" in said[said.index("delta") : second], "the texts of two attempts were mixed"


def test_stream_and_worker_are_replaced_under_load_and_nothing_is_lost(breakable: Stack) -> None:
    stack = breakable
    stack.restart("worker", REPLY_DRAIN="1")
    stack.set_tier("basic", parallel_replies=8, waiting_replies=100)
    people = [stack.sign_up() for _ in range(10)]
    stack.double.default(text=TEXT, pieces=60, delay=0.05)
    sent = [(person, person.send(person.room(), f"Hello {n}")) for person in people for n in range(2)]
    seen = [sse.Reader() for _ in sent]
    with ThreadPoolExecutor(len(sent)) as pool:
        reading = [pool.submit(follow, message, each) for (_, message), each in zip(sent, seen, strict=True)]
        wait_until(lambda: all(each.text for each in seen), "a first piece of each")
        assert stack.stop("stream") in ENDED
        stack.start("stream")
        assert stack.stop("worker") == 0
        stack.start("worker")
        readers = [each.result() for each in reading]
    for (person, message), reader in zip(sent, readers, strict=True):
        assert reader.text == TEXT == person.message(message["id"])["gemini_response"]


def test_open_streams_do_not_hold_a_stopping_process_up(breakable: Stack) -> None:
    stack = breakable
    person = stack.sign_up()
    stack.double.default(ttft=90)
    sent = person.send(person.room(), "Hello")
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "a call")
    opened = [sse.Response(sent["stream_url"]) for _ in range(5)]
    assert [each.status for each in opened] == [200] * 5
    assert stack.stop("stream") in ENDED, "it ends by itself while the reply, and so the streams, go on"
    assert stack.double.ledger()["in_flight"] == 1
    for response in opened:
        *_, last = response.events()
        assert (last.event, last.data) == ("error", {"code": "stream_unavailable", "final": False})


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_without_redis_a_stream_ends_politely_and_the_answer_comes(breakable: Stack, how: str) -> None:
    stack = breakable
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=60, delay=0.3)  # under way for longer than a stream takes to end
    take_away, bring_back = (
        (stack.stop_redis, stack.start_redis) if how == "stopped" else (stack.freeze_redis, stack.thaw_redis)
    )
    sent = person.send(person.room(), "Hello")
    events = sse.Response(sent["stream_url"]).events()
    for _ in range(3):
        next(events)
    take_away()
    *_, last = events
    assert (last.event, last.data) == ("error", {"code": "stream_unavailable", "final": False})
    refused = sse.Response(sent["stream_url"], accept="application/json")  # EventSource would be told by an event
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    answered = person.answered(sent["id"])
    assert answered["gemini_response"] == TEXT
    stack.double.default(text=TEXT)
    again = person.send(person.room(), "Still?") if how == "stopped" else None
    whole = sse.read(sent["stream_url"])  # final, so it comes from the database
    assert whole.text == TEXT
    bring_back()
    if again:
        assert follow(again).text == TEXT


def test_redis_comes_back_in_mid_stream_and_the_text_is_whole(breakable: Stack) -> None:
    stack = breakable
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=60, delay=0.1)
    sent = person.send(person.room(), "Hello")
    seen = sse.Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, seen)
        wait_until(lambda: seen.text, "a first piece")
        stack.stop_redis()
        time.sleep(1)  # long enough to be noticed
        stack.start_redis()
        reader = reading.result()
    assert reader.text == TEXT == person.answered(sent["id"])["gemini_response"]


def test_a_reply_is_stopped_while_redis_is_away(breakable: Stack) -> None:
    stack = breakable
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=300, delay=0.2)  # a minute, unless it is stopped
    sent = person.send(person.room(), "Hello")
    events = sse.Response(sent["stream_url"]).events()
    while next(events).event != "delta":
        pass
    stack.stop_redis()
    stopped = person.call("POST", f"/message/{sent['id']}/stop")
    assert stopped.status_code == 200, stopped.text
    assert stopped.json()["reply"]["status"] == "stopped"
    wait_until(lambda: stack.double.ledger()["in_flight"] == 0, "the end of the call", 30)
    assert stack.double.calls()[0]["disconnected"]
    wait_until(lambda: person.message(sent["id"])["gemini_response"], "the text")
    message = person.message(sent["id"])
    assert TEXT.startswith(message["gemini_response"])
    assert message["reply"]["output_tokens"]
    assert person.call("GET", "/usage").json()["used"] == 1


def test_a_frozen_workers_late_pieces_are_never_seen(breakable: Stack) -> None:
    stack = breakable
    person = stack.sign_up()
    stack.double.script({"text": "OLD " * 100, "pieces": 100, "delay": 0.1}, {"text": TEXT, "pieces": 40, "delay": 0.1})
    sent = person.send(person.room(), "Hello")
    seen = sse.Reader()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, seen)
        wait_until(lambda: "OLD" in seen.text, "a first piece of the old text")
        stack.signal("worker", signal.SIGSTOP)
        frozen = stack.processes.pop("worker")
        stack.expire_leases()
        stack.start("worker")
        wait_until(lambda: len(stack.double.calls()) == 2, "another worker")
        thaw = threading.Timer(0.5, lambda: os.killpg(frozen.pid, signal.SIGCONT))
        thaw.start()
        reader = reading.result()
    os.killpg(frozen.pid, signal.SIGKILL)
    frozen.wait()
    assert reader.text == TEXT == person.message(sent["id"])["gemini_response"]


def test_the_first_reader_after_a_restart_of_redis_is_served(breakable: Stack) -> None:
    breakable.double.default(text=TEXT, pieces=60, delay=0.5)
    person = breakable.sign_up()
    sent = person.send(person.room(), "Hello")

    def first() -> sse.ReceivedEvent:
        with closing(sse.Response(sent["stream_url"], accept="application/json")) as answer:
            assert answer.status == 200
            return next(answer.events())

    assert first().event == "start"
    for _ in range(5):
        breakable.stop_redis()
        breakable.start_redis()
        received = first()
        assert received.data.get("code") != "stream_unavailable", received
