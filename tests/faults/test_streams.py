"""Streams while parts of the stack die: the client ends with exactly the stored answer."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import sse
from tests.stack import Person, Stack, assert_one_of_three_takes_at_most, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

ENDED = (0, -signal.SIGTERM)
"""uvicorn raises the signal anew when it has done everything."""

TEXT = " ".join(f"word{number}" for number in range(300))


def follow(sent: dict, person: Person, *, seconds: float = 60) -> sse.Transcript:
    """Read as a browser does: after a broken connection, or an end that is not final, go on from the last id."""
    transcript = sse.Transcript()
    url = sent["stream_url"]
    give_up_at = time.monotonic() + seconds
    while transcript.end is None:
        assert time.monotonic() < give_up_at, f"no end; so far {len(transcript.text)} characters"
        try:
            response = sse.Response(url, headers={"Last-Event-ID": transcript.last_id})
            if response.status != 200:
                assert response.status == 503, response.status
                raise ConnectionError
            for received in response.events():
                transcript.take(received)
        except OSError:
            time.sleep(0.2)
        if transcript.end and transcript.end.data.get("final") is False:
            transcript.end = None
            time.sleep(0.2)
    return transcript


def test_a_killed_worker_is_replaced_and_the_client_learns_it(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=60, delay=0.05)
    sent = person.send(person.room(), "Hello")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, person)
        wait_until(lambda: stack.double.ledger()["in_flight"], 10, "a call")
        time.sleep(1)
        stack.kill("worker")
        stack.start("worker")
        transcript = reading.result()
    assert transcript.text == TEXT == person.message(sent["id"])["gemini_response"]
    assert transcript.starts >= 2
    attempts = {each.id.split(":")[1].split("-")[0] for each in transcript.events if each.event == "delta"}
    assert attempts == {"1", "2"}
    said = [each.event for each in transcript.events]
    second = next(n for n, each in enumerate(transcript.events) if each.event == "delta" and ":2-" in each.id)
    assert "start" in said[said.index("delta") : second], "the texts of two attempts were mixed"


def test_stream_and_worker_are_replaced_under_load_and_nothing_is_lost(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack(REPLY_DRAIN="1")
    stack.set_tier("basic", parallel_replies=8, waiting_replies=100)
    people = [stack.sign_up() for _ in range(10)]
    stack.double.default(text=TEXT, pieces=60, delay=0.05)
    sent = [(person, person.send(person.room(), f"Hello {n}")) for person in people for n in range(2)]
    with ThreadPoolExecutor(len(sent)) as pool:
        reading = [pool.submit(follow, message, person, seconds=90) for person, message in sent]
        time.sleep(1)
        assert stack.stop("stream") in ENDED
        stack.start("stream")
        assert stack.stop("worker") == 0
        stack.start("worker")
        transcripts = [each.result() for each in reading]
    for (person, message), transcript in zip(sent, transcripts, strict=True):
        assert transcript.text == TEXT == person.message(message["id"])["gemini_response"]


def test_open_streams_do_not_hold_a_stopping_process_up(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    person = stack.sign_up()
    stack.double.default(ttft=30)
    sent = person.send(person.room(), "Hello")

    def stop() -> float:
        if "stream" not in stack.processes:
            stack.start("stream")
        opened = [sse.Response(sent["stream_url"]) for _ in range(5)]
        assert [each.status for each in opened] == [200] * 5
        begun = time.monotonic()
        assert stack.stop("stream") in ENDED
        taken = time.monotonic() - begun
        for response in opened:
            *_, last = response.events()
            assert (last.event, last.data) == ("error", {"code": "stream_unavailable", "final": False})
        return taken

    assert_one_of_three_takes_at_most(3, stop, "the end of a process with streams")


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_without_redis_a_stream_ends_politely_and_the_answer_comes(make_stack: Callable[..., Stack], how: str) -> None:
    stack = make_stack()
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=60, delay=0.2)  # under way for longer than a stream takes to end
    take_away, bring_back = (
        (stack.stop_redis, stack.start_redis) if how == "stopped" else (stack.freeze_redis, stack.thaw_redis)
    )
    sent: dict = {}

    def lose_redis() -> float:
        if sent:
            bring_back()
        sent.update(person.send(person.room(), "Hello"))
        events = sse.Response(sent["stream_url"]).events()
        for _ in range(5):
            next(events)
        take_away()
        begun = time.monotonic()
        *_, last = events
        assert (last.event, last.data) == ("error", {"code": "stream_unavailable", "final": False})
        return time.monotonic() - begun

    assert_one_of_three_takes_at_most(8, lose_redis, "the end of a stream without Redis")
    refused = sse.Response(sent["stream_url"])
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    answered = person.answered(sent["id"])
    assert answered["gemini_response"] == TEXT
    again = person.send(person.room(), "Still?") if how == "stopped" else None
    whole = sse.read(sent["stream_url"])  # final, so it is had from the database
    assert whole.text == TEXT
    bring_back()
    if again:
        assert follow(again, person).text == TEXT


def test_redis_comes_back_in_mid_stream_and_the_text_is_whole(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=100, delay=0.1)
    sent = person.send(person.room(), "Hello")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, person)
        time.sleep(2)
        stack.stop_redis()
        time.sleep(1)
        stack.start_redis()
        transcript = reading.result()
    assert transcript.text == TEXT == person.answered(sent["id"])["gemini_response"]


def test_a_reply_is_stopped_while_redis_is_away(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    person = stack.sign_up()
    stack.double.default(text=TEXT, pieces=100, delay=0.2)
    tries: list[int] = []

    def stop() -> float:
        if tries:
            stack.start_redis()
        before = len(stack.double.calls())
        tries.append(person.send(person.room(), "Hello")["id"])
        wait_until(lambda: len(stack.double.calls()) > before, 30, "a call")
        time.sleep(1)
        stack.stop_redis()
        begun = time.time()
        assert person.call("POST", f"/message/{tries[-1]}/stop").json()["reply"]["status"] == "stopped"
        wait_until(lambda: stack.double.calls()[before]["disconnected"], 15, "the call closed")
        wait_until(lambda: person.message(tries[-1])["gemini_response"], 15, "the text")
        message = person.message(tries[-1])
        assert TEXT.startswith(message["gemini_response"])
        assert message["reply"]["output_tokens"]
        assert person.call("GET", "/usage").json()["used"] == len(tries)
        return float(stack.double.calls()[before]["disconnected"] - begun)

    assert_one_of_three_takes_at_most(2.5, stop, "the end of the call")


def test_a_frozen_workers_late_pieces_are_never_seen(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    person = stack.sign_up()
    stack.double.script({"text": "OLD " * 100, "pieces": 100, "delay": 0.1}, {"text": TEXT, "pieces": 40, "delay": 0.1})
    sent = person.send(person.room(), "Hello")
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(follow, sent, person)
        time.sleep(1.5)
        stack.signal("worker", signal.SIGSTOP)
        frozen = stack.processes.pop("worker")
        stack.start("worker")
        wait_until(lambda: len(stack.double.calls()) == 2, 20, "another worker")
        thaw = threading.Timer(0.5, lambda: os.killpg(frozen.pid, signal.SIGCONT))
        thaw.start()
        transcript = reading.result()
    os.killpg(frozen.pid, signal.SIGKILL)
    frozen.wait()
    assert transcript.text == TEXT == person.message(sent["id"])["gemini_response"]
