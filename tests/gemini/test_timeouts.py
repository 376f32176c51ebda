"""No provider can hold a thread for longer than the settings allow."""

import socket
import time
from contextlib import suppress

import pytest
from pytest_django import Settings

from gemini import limits, reply_stream
from gemini.client import stream_reply
from gemini.exceptions import ProviderTimeout
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import eventually, failure, prompt, reply_to


class Clock:
    """The clock of the limits, which a test can advance."""

    ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (reply_stream, limits):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param({"ttft": 600}, id="before the first byte"),
        pytest.param({"fault": "hang", "after": 0}, id="before the first event"),
        pytest.param({"fault": "hang", "after": 2}, id="in mid-stream"),
    ],
)
def test_silence_is_cut_off_by_the_read_timeout(
    sdk: str, double: GeminiDouble, settings: Settings, behaviour: dict[str, object]
) -> None:
    settings.GEMINI_READ_TIMEOUT = 0.3
    double.script(behaviour)

    error, _, _ = failure("Hello")

    assert (error.code, error.retryable) == ("provider_timeout", True)
    assert eventually(lambda: double.calls()[0]["disconnected"] is not None)


def test_a_long_reply_without_long_silence_is_not_cut_off(sdk: str, double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_READ_TIMEOUT = 0.5
    whole = []
    for _ in range(10):  # a slow machine may add a silence; a wrong timeout would cut off every attempt
        double.script({"text": "abcdefgh", "chunks": 8, "delay": 0.1})  # 0.8 seconds in all
        with suppress(ProviderTimeout):
            whole.append(reply_to("Hello")[0])
            break
    assert whole == ["abcdefgh"]


def test_a_reply_that_takes_too_long_in_total_is_cut_off(
    sdk: str, double: GeminiDouble, settings: Settings, clock: Clock
) -> None:
    double.script({"text": "x" * 100, "chunks": 100, "delay": 0.1})

    with stream_reply(prompt("Hello")) as stream:
        assert next(stream) == "x"
        clock.ahead = settings.GEMINI_TOTAL_TIMEOUT
        with pytest.raises(ProviderTimeout):
            next(stream)

    assert eventually(lambda: double.calls()[0]["disconnected"] is not None)


def test_bytes_that_never_become_an_event_are_cut_off(
    sdk: str, double: GeminiDouble, settings: Settings, clock: Clock
) -> None:
    double.script({"fault": "drip", "after": 1})

    with stream_reply(prompt("Hello")) as stream:
        assert next(stream)
        clock.ahead = settings.GEMINI_TOTAL_TIMEOUT
        with pytest.raises(ProviderTimeout):
            next(stream)

    assert eventually(lambda: double.calls()[0]["disconnected"] is not None)


def test_a_silent_host_is_cut_off_by_the_connect_timeout(sdk: str, settings: Settings) -> None:
    settings.GEMINI_CONNECT_TIMEOUT = 0.3
    with socket.socket() as listener:
        # Once the queue is full, the kernel does not respond to further connections.
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        settings.GEMINI_BASE_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with socket.create_connection(listener.getsockname()):
            error, _, _ = failure("Hello")

    assert (error.code, error.cause) == ("provider_timeout", "ConnectTimeout")
