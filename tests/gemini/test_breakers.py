"""While a model is overloaded, the fallback replies or the call fails at once."""

import threading
from contextlib import suppress
from typing import Any

import pytest
from pytest_django import Settings

from gemini import breakers
from gemini.breakers import PROBE_SECONDS, ModelBreaker, breaker_for_model
from gemini.exceptions import (
    Blocked,
    ConnectionCut,
    ProviderError,
    ProviderOverloaded,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
)
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import MODEL, failure, reply_to

OTHER = "gemini-other"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(breakers, "now", clock)
    return clock


@pytest.fixture
def breaker(settings: Settings) -> ModelBreaker:
    settings.GEMINI_BREAKER_FAILURES = 5
    return ModelBreaker("model")


def end(breaker: ModelBreaker, error: Exception | None = None, *, has_fallback: bool = False) -> None:
    with suppress(ProviderError), breaker.record_outcome(has_fallback=has_fallback):
        if error:
            raise error


@pytest.mark.usefixtures("sdk")
def test_calls_go_to_the_fallback_and_the_stream_names_it(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_FALLBACK_MODEL = OTHER
    double.default(error=503, for_model=MODEL)
    codes = [failure("Hello")[0].code for _ in range(5)]
    assert codes == ["provider_overloaded"] * 5
    text, stream = reply_to("Hello")
    assert text.endswith("Hello")
    assert stream.model == f"{OTHER}-double"
    assert [call["model"] for call in double.calls()] == [MODEL] * 5 + [OTHER]


@pytest.mark.usefixtures("sdk")
def test_a_used_up_quota_fails_no_reply_with_a_fallback(double: GeminiDouble, settings: Settings, clock: Clock) -> None:
    settings.GEMINI_FALLBACK_MODEL = OTHER
    double.default(error=429, per_day=True, for_model=MODEL)
    for _ in range(3):  # the first one opens the breaker, each later one is a probe
        text, stream = reply_to("Hello")
        assert (text[-5:], stream.model) == ("Hello", f"{OTHER}-double")
        clock.now += PROBE_SECONDS
    assert [call["model"] for call in double.calls()] == [MODEL, OTHER] * 3
    double.default(error=429, per_day=True)
    error, _, _ = failure("Hello")
    assert error.code == "provider_quota_exhausted"


def test_a_limit_per_minute_fails_no_probe(double: GeminiDouble, settings: Settings, clock: Clock) -> None:
    settings.GEMINI_CLIENT, settings.GEMINI_FALLBACK_MODEL = "google-genai", OTHER
    double.default(error=429, retry_after=300, for_model=MODEL)
    assert [failure("Hello")[0].code for _ in range(4)] == ["rate_limited"] * 4
    for _ in range(3):
        assert reply_to("Hello")[1].model == f"{OTHER}-double"
        clock.now += PROBE_SECONDS


def test_a_call_fails_at_once_while_both_models_are_overloaded(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT, settings.GEMINI_FALLBACK_MODEL = "google-genai", OTHER
    double.default(error=503)
    for _ in range(10):
        failure("Hello")

    error, chunks, stream = failure("Hello")

    assert (error.code, error.retryable, chunks) == ("provider_unavailable", False, [])
    assert len(double.calls()) == 10
    assert (stream.spent.prompt_tokens, stream.spent.output_tokens) == (0, 0)


def test_one_call_finds_a_model_that_has_recovered(double: GeminiDouble, settings: Settings, clock: Clock) -> None:
    settings.GEMINI_CLIENT = "google-genai"
    double.default(error=503)
    for _ in range(6):
        failure("Hello")
    assert len(double.calls()) == 5
    double.default()
    clock.now += PROBE_SECONDS
    assert reply_to("Back?")[0].endswith("Back?")
    assert reply_to("Really?")[0].endswith("Really?")


def test_four_failures_do_not_open_the_breaker(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(4):
        end(breaker, ProviderOverloaded())
    assert breaker.allows()
    end(breaker, ProviderTimeout())
    assert not breaker.allows()


def test_a_limit_per_minute_counts_if_there_is_a_fallback(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(20):
        end(breaker, ProviderRateLimited(retry_after=5))
    assert breaker.allows()
    for _ in range(20):
        end(breaker, ProviderRateLimited(retry_after=5), has_fallback=True)
    assert not breaker.allows()


def test_failures_among_more_successes_do_not_count(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(20):
        end(breaker)
        end(breaker)
        end(breaker, ProviderOverloaded())
    assert breaker.allows()


def test_old_failures_do_not_count(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(20):
        end(breaker, ProviderOverloaded())
        clock.now += 10
        assert breaker.allows()


def test_a_used_up_daily_quota_opens_the_breaker_at_once(breaker: ModelBreaker, clock: Clock) -> None:
    end(breaker, ProviderQuotaExhausted())
    assert not breaker.allows()


def test_a_withheld_reply_is_no_failure_of_the_model(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(20):
        end(breaker, Blocked())
    assert breaker.allows()


@pytest.mark.parametrize(("ending", "asked"), [({"finish": "MALFORMED_FUNCTION_CALL"}, 20), ({"fault": "eof"}, 5)])
def test_a_cut_connection_counts_but_a_broken_reply_does_not(
    double: GeminiDouble, settings: Settings, clock: Clock, ending: dict[str, Any], asked: int
) -> None:
    settings.GEMINI_CLIENT = "google-genai"
    double.default(**ending)
    for _ in range(20):
        failure("Hello")
    assert len(double.calls()) == asked


def test_an_unreachable_model_opens_the_breaker(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(20):
        end(breaker, ConnectionCut())
    assert not breaker.allows()


def test_a_failed_probe_keeps_the_breaker_open(breaker: ModelBreaker, clock: Clock) -> None:
    end(breaker, ProviderQuotaExhausted())
    clock.now += PROBE_SECONDS
    assert breaker.allows()
    end(breaker, ProviderOverloaded())
    assert not breaker.allows()
    clock.now += PROBE_SECONDS
    assert breaker.allows()
    end(breaker)
    assert all(breaker.allows() for _ in range(5))


def test_a_probe_that_hangs_does_not_block_the_next(breaker: ModelBreaker, clock: Clock) -> None:
    end(breaker, ProviderQuotaExhausted())
    clock.now += PROBE_SECONDS
    assert [breaker.allows(), breaker.allows()] == [True, False]
    clock.now += PROBE_SECONDS
    assert [breaker.allows(), breaker.allows()] == [True, False]


def test_one_of_fifty_concurrent_calls_is_the_probe(breaker: ModelBreaker, clock: Clock) -> None:
    for _ in range(10):
        end(breaker, ProviderQuotaExhausted())
        clock.now += PROBE_SECONDS
        gate, allowed = threading.Barrier(50), []

        def ask(gate: threading.Barrier = gate, allowed: list[bool] = allowed) -> None:
            gate.wait()
            allowed.append(breaker.allows())

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(allowed) == 1


def test_a_model_has_one_breaker() -> None:
    assert breaker_for_model("a") is breaker_for_model("a") is not breaker_for_model("b")


@pytest.mark.usefixtures("sdk")
def test_what_fails_on_our_side_opens_no_breaker(double: GeminiDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RecursionError

    with monkeypatch.context() as patch:
        patch.setattr("gemini.google_genai._contents", fail)
        patch.setattr("gemini.google_generativeai._request", fail)
        assert [failure("Hello")[0].code for _ in range(6)] == ["connection_cut"] * 6
    assert reply_to("Hello")[0].endswith("Hello")


def test_a_model_without_quota_stops_no_other(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-genai"
    body = '{"error": {"code": 429, "message": "Quota exceeded, limit: 0", "status": "RESOURCE_EXHAUSTED"}}'
    double.script({"raw": body, "raw_status": 429})
    assert failure("Hello", model="gemini-4-neon")[0].code == "provider_auth"
    assert reply_to("Hello")[0].endswith("Hello")
