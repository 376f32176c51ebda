"""Another thread ends a call at once, in any phase of it, and without harm to other calls."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pytest_django import Settings

from gemini import reply_stream
from gemini.client import stream_reply
from gemini.exceptions import Cancelled
from gemini.interrupts import Interrupt
from gemini.reply_stream import ReplyStream
from gemini.tokens import estimate
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import MODEL, eventually, prompt, reply_to


@pytest.fixture
def current_sdk(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-genai"


def cancelled_after(stream: ReplyStream, begun: Callable[[], bool]) -> list[str]:
    """Read `stream` in a thread and cancel it when `begun`; return the chunks.

    What it waits for would come after 600 seconds, and its timeouts are minutes long: only the cancelling ends it.
    """
    chunks: list[str] = []
    ended = threading.Event()

    def read() -> None:
        with stream, pytest.raises(Cancelled):
            chunks.extend(stream)
        ended.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert eventually(begun)
    stream.cancel()
    assert ended.wait(60), "it is still waiting"
    return chunks


def closed(double: GeminiDouble) -> bool:
    return bool(double.calls()) and all(call["disconnected"] for call in double.calls())


def test_a_call_waiting_for_its_first_byte_ends_at_once(double: GeminiDouble, current_sdk: None) -> None:
    double.default(ttft=600)
    stream = stream_reply(prompt("Hello"))
    chunks = cancelled_after(stream, lambda: double.ledger()["in_flight"] == 1)
    assert chunks == []
    assert eventually(lambda: closed(double))
    assert stream.spent.prompt_tokens
    assert stream.spent.output_tokens == 0
    assert stream.spent.estimated


def test_a_call_waiting_for_its_next_chunk_ends_at_once(double: GeminiDouble, current_sdk: None) -> None:
    double.default(text="one two three", chunks=3, delay=600)
    stream = stream_reply(prompt("Hello"))
    chunks = cancelled_after(stream, lambda: stream.usage.output_tokens is not None)
    assert chunks == ["one t"]
    assert eventually(lambda: closed(double))
    assert stream.spent == stream.usage  # the vendor's own counts
    assert not stream.spent.estimated


def test_text_that_the_vendor_has_not_counted_is_estimated(double: GeminiDouble, sdk: str) -> None:
    double.default(text="one two three four five six", chunks=6, counts_last=True)
    double.script(
        {
            "text": "one two three four five six",
            "chunks": 6,
            "after": 3,
            "fault": "hang",
            "counts_last": True,
            "thoughts": 0,
        },
        {"thoughts": 0, "text": "one two three four five six"},
    )
    stream = stream_reply(prompt("Hello"))
    with stream:
        read = next(stream) + next(stream)
        stream.cancel()
        with pytest.raises(Cancelled):
            next(stream)
    spent = stream.spent
    assert spent.prompt_tokens
    assert (spent.prompt_tokens, spent.estimated) == (stream.usage.prompt_tokens, True)
    assert 0 <= (spent.output_tokens or 0) - estimate(read) <= 1  # each chunk is estimated by itself
    with stream_reply(prompt("Hello")) as whole:
        list(whole)
    assert whole.spent == whole.usage
    assert (whole.spent.output_tokens, whole.spent.estimated) == (6, False)


def test_either_sdk_ends_with_the_next_chunk(double: GeminiDouble, sdk: str) -> None:
    double.default(text="one two three four five six", chunks=6, after=2, fault="hang")
    stream = stream_reply(prompt("Hello"))
    with stream:
        next(stream)
        stream.cancel()
        with pytest.raises(Cancelled):
            next(stream)
    assert eventually(lambda: closed(double))


def test_a_call_cancelled_before_it_began_is_not_made(double: GeminiDouble, current_sdk: None) -> None:
    stream = stream_reply(prompt("Hello"))
    stream.cancel()
    with stream, pytest.raises(Cancelled):
        next(stream)
    assert double.calls() == []
    assert (stream.spent.prompt_tokens, stream.spent.output_tokens) == (0, 0)


def test_a_cancelled_call_does_not_go_to_the_fallback(
    double: GeminiDouble, current_sdk: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.GEMINI_FALLBACK_MODEL = "another-model"
    double.default(error=429, per_day=True, for_model=MODEL)
    stream = stream_reply(prompt("Hello"))
    choose = reply_stream.fallback_after_limit

    def cancel_first(*refused: Any) -> str | None:
        stream.cancel()
        return choose(*refused)

    monkeypatch.setattr(reply_stream, "fallback_after_limit", cancel_first)
    with stream, pytest.raises(Cancelled):
        next(stream)
    assert stream.model == MODEL
    assert [call["model"] for call in double.calls()] == [MODEL]


def test_cancelling_wakes_the_stand_in(stand_in: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.GEMINI_STAND_IN_DELAY = 600
    pause, pauses = Interrupt.pause, threading.Event()

    def noted(self: Interrupt, seconds: float) -> None:
        pauses.set()
        pause(self, seconds)

    monkeypatch.setattr(Interrupt, "pause", noted)
    assert cancelled_after(stream_reply(prompt("Hello")), pauses.is_set) == []


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.faults)])
def test_cancelling_never_cuts_another_calls_connection(
    double: GeminiDouble, current_sdk: None, settings: Settings, rounds: int
) -> None:
    """Connections are reused, so another call may just have got the connection of the cancelled one."""
    settings.GEMINI_CONCURRENCY = 40

    def ask(number: int) -> str | None:
        directive = f"[[double ttft=0.01 delay=0.005 chunks=4]] user=u{number}"
        stream = stream_reply(prompt(directive))
        timer = threading.Timer(random.uniform(0, 0.06), stream.cancel)
        if number % 2:
            timer.start()
        try:
            with stream:
                return "".join(stream)
        except Cancelled:
            assert number % 2
            return None
        finally:
            timer.cancel()

    for _ in range(rounds):
        with ThreadPoolExecutor(40) as pool:
            texts = list(pool.map(ask, range(200)))
        for number, text in enumerate(texts):
            assert text is None or text.endswith(f"user=u{number}")
            assert text is not None or number % 2
        assert any(text is None for text in texts)
    assert reply_to("Still there?")[0].endswith("Still there?")
