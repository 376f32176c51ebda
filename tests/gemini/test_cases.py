"""Responses as Google's API sends them today, byte for byte, and what each one means: the same with both SDKs."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import failure, reply_to

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cases.json").read_text())
ENDS = [pytest.param(case, id=case["name"]) for case in CASES if "note" not in case["expected"]]
FAILURES = [case for case in ENDS if "error" in case.values[0]["expected"]]
REPLIES = [case for case in ENDS if "text" in case.values[0]["expected"]]
USAGES = ("prompt_tokens", "output_tokens")


def play(double: GeminiDouble, case: dict[str, Any]) -> None:
    double.script({"raw": case["body"], "raw_status": case["status"]})


@pytest.mark.parametrize("case", FAILURES)
def test_a_failure_has_its_code_and_says_whether_to_retry(sdk: str, double: GeminiDouble, case: dict[str, Any]) -> None:
    play(double, case)
    error, _, _ = failure("Hello")
    expected = case["expected"]
    assert error.code in expected["error"]
    assert error.retryable == expected["retryable"]
    assert (error.retry_after or 0) >= expected.get("retry_after_at_least", 0)
    assert len(double.calls()) == 1


@pytest.mark.parametrize("case", REPLIES)
def test_a_reply_has_its_text_its_end_and_its_counts(sdk: str, double: GeminiDouble, case: dict[str, Any]) -> None:
    play(double, case)
    text, stream = reply_to("Hello")
    expected = case["expected"]
    assert (text, stream.finish_reason.value) == (expected["text"], expected["finish_reason"])
    for name in USAGES:
        if name in expected:
            assert getattr(stream.usage, name) == expected[name]


def case_named(name: str) -> dict[str, Any]:
    return next(case for case in CASES if case["name"] == name)


def test_an_end_for_the_length_of_a_request_is_never_paid_twice(sdk: str, double: GeminiDouble) -> None:
    play(double, case_named("end.continuation"))  # its token is where no SDK looks for it
    text, stream = reply_to("Hello")
    assert (text, stream.finish_reason.value) == ("Part one.", "max_tokens")
    assert len(double.calls()) == 1


def test_thinking_that_took_the_limit_is_asked_for_again(sdk: str, double: GeminiDouble) -> None:
    if sdk == "google-generativeai":
        pytest.skip("it cannot set how much a model thinks")
    play(double, case_named("end.max-tokens-thinking"))
    text, stream = reply_to("Hello", model="gemini-3.6-flash")
    assert text.endswith("Hello")
    assert stream.spent.thought_tokens is not None
    assert stream.spent.thought_tokens >= 2040, "the first call is counted too"
    first, second = (call["generation_config"] for call in double.calls())
    assert "thinkingConfig" not in first
    assert second["thinkingConfig"] == {"thinkingLevel": "MINIMAL"}


def test_thinking_that_takes_the_limit_again_fails_the_reply(sdk: str, double: GeminiDouble) -> None:
    for _ in range(2):
        play(double, case_named("end.max-tokens-thinking"))
    error, _, stream = failure("Hello", model="gemini-3.6-flash")
    assert (error.code, error.retryable) == ("max_tokens", False)
    calls = 2 if sdk == "google-genai" else 1  # the retired SDK cannot ask for less
    assert len(double.calls()) == calls
    assert stream.spent.output_tokens == calls * 2040
