"""Every failure that the double can produce has one code, the same with both SDKs."""

import logging
from typing import Any

import pytest
from pytest_django import Settings

from gemini.client import stream_reply
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import API_KEY, eventually, failure, prompt, reply_to

SECRET = "the-user-said-this"

REFUSALS: dict[str, tuple[dict[str, Any], str, bool]] = {
    "400": ({"error": 400}, "bad_request", False),
    "bad key": ({"error": 400, "bad_key": True}, "provider_auth", False),
    "401": ({"error": 401}, "provider_auth", False),
    "403": ({"error": 403}, "provider_auth", False),
    "404": ({"error": 404}, "model_not_found", False),
    "413": ({"error": 413}, "bad_request", False),
    "redirect": ({"error": 302}, "bad_request", False),
    "redirect of the same method": ({"error": 307}, "bad_request", False),
    "429": ({"error": 429}, "rate_limited", True),
    "429 with a delay": ({"error": 429, "retry_after": 12.5}, "rate_limited", True),
    "429 per day": ({"error": 429, "per_day": True, "retry_after": 60}, "provider_quota_exhausted", False),
    "500": ({"error": 500}, "provider_overloaded", True),
    "502": ({"error": 502}, "provider_overloaded", True),
    "503": ({"error": 503}, "provider_overloaded", True),
    "504": ({"error": 504}, "provider_overloaded", True),
    "HTML 502": ({"error": 502, "html": True}, "provider_overloaded", True),
    "HTML 403": ({"error": 403, "html": True}, "provider_auth", False),
}

NO_REPLIES: dict[str, tuple[dict[str, Any], str, bool]] = {
    "prompt blocked": ({"block": "SAFETY"}, "blocked", False),
    "prompt prohibited": ({"block": "PROHIBITED_CONTENT"}, "blocked", False),
    "SAFETY": ({"finish": "SAFETY", "after": 2}, "blocked", False),
    "RECITATION": ({"finish": "RECITATION", "after": 2}, "blocked", False),
    "BLOCKLIST": ({"finish": "BLOCKLIST", "after": 0}, "blocked", False),
    "PROHIBITED_CONTENT": ({"finish": "PROHIBITED_CONTENT", "after": 0}, "blocked", False),
    "SPII": ({"finish": "SPII", "after": 1}, "blocked", False),
    "LANGUAGE": ({"finish": "LANGUAGE", "after": 0}, "blocked", False),
    "OTHER": ({"finish": "OTHER", "after": 0}, "blocked", False),
    "malformed reply": ({"finish": "MALFORMED_FUNCTION_CALL", "after": 1}, "connection_cut", True),
    "empty reply": ({"text": ""}, "empty_answer", True),
    "only white space": ({"text": " \n\t\u200b\u00a0 "}, "empty_answer", True),
    "only white space, cut off": ({"text": " \n ", "finish": "MAX_TOKENS"}, "max_tokens", False),
    "only NUL": ({"text": "\0\0"}, "empty_answer", True),
    "reset before text": ({"fault": "reset", "after": 0}, "connection_cut", True),
    "reset": ({"fault": "reset", "after": 2}, "connection_cut", True),
    "end without a reason": ({"fault": "eof", "after": 2}, "connection_cut", True),
    "nothing at all": ({"fault": "eof", "after": 0}, "connection_cut", True),
    "malformed JSON": ({"fault": "malformed", "after": 1}, "connection_cut", True),
    "10 MB": ({"size": 10_000_000, "chunks": 500}, "answer_too_long", False),
    "10 MB at once": ({"size": 10_000_000, "chunks": 1}, "answer_too_long", False),
}

CASES = [pytest.param(*case, id=name) for name, case in (REFUSALS | NO_REPLIES).items()]


@pytest.mark.parametrize(("behaviour", "code", "retryable"), CASES)
def test_a_failure_has_its_own_code_and_shows_no_text(
    sdk: str,
    double: GeminiDouble,
    caplog: pytest.LogCaptureFixture,
    behaviour: dict[str, Any],
    code: str,
    retryable: bool,
) -> None:
    caplog.set_level(logging.INFO)
    double.script(behaviour)

    error, _, stream = failure(SECRET, max_output_tokens=10_000_000)

    assert (error.code, error.retryable, str(error)) == (code, retryable, code)
    shown = f"{error!r} {vars(error)} {caplog.text}"
    assert SECRET not in shown
    assert API_KEY not in shown
    assert (error.__context__, error.__cause__) == (None, None)
    with pytest.raises(RuntimeError):
        _ = stream.finish_reason
    assert len(double.calls()) == 1
    assert eventually(lambda: double.ledger()["in_flight"] == 0)


def test_an_error_within_a_stream_has_its_own_code(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "error", "fault_status": 503, "after": 1}, {"fault": "error", "fault_status": 429})

    assert failure("Hello")[0].code == "provider_overloaded"
    assert failure("Hello")[0].code == "rate_limited"


def test_the_vendors_delay_is_passed_on(sdk: str, double: GeminiDouble) -> None:
    double.script({"error": 429, "retry_after": 12.5}, {"error": 429})

    assert failure("Hello")[0].retry_after == 14, "rounded up, and a second"
    assert failure("Hello")[0].retry_after is None


def test_an_exhausted_daily_quota_names_no_delay(sdk: str, double: GeminiDouble) -> None:
    double.script({"error": 429, "per_day": True, "retry_after": 60})

    assert failure("Hello")[0].retry_after is None


def test_usage_is_known_after_a_failure(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "reset", "after": 2, "text": "x" * 300, "thoughts": 0})

    _, chunks, stream = failure("Hello")

    assert "".join(chunks) == "x" * 200
    assert stream.usage.output_tokens == 50


def test_a_failure_leaves_the_client_usable(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "reset", "after": 1}, {"error": 500}, {"fault": "malformed", "after": 1})
    for _ in range(3):
        failure("Hello")

    assert "Hello" in reply_to("Hello")[0]


def test_a_key_that_google_refuses_has_its_own_code(sdk: str, double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "bad-key"

    assert failure("Hello")[0].code == "provider_auth"


def test_without_a_key_nothing_is_sent(sdk: str, double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_API_KEY = ""

    assert failure("Hello")[0].code == "provider_auth"
    assert double.calls() == []


def test_a_conversation_without_a_user_is_refused_and_not_sent(sdk: str, double: GeminiDouble) -> None:
    assert failure("   ", "I am the model")[0].code == "bad_request"
    assert double.calls() == []


def test_an_unknown_model_has_its_own_code(sdk: str, double: GeminiDouble) -> None:
    assert failure("Hello", model="no-such-model")[0].code == "model_not_found"


def test_a_closed_port_is_a_cut_connection(sdk: str, settings: Settings, unused_port: int) -> None:
    settings.GEMINI_BASE_URL = f"http://127.0.0.1:{unused_port}"

    error, _, _ = failure("Hello")

    assert (error.code, error.retryable) == ("connection_cut", True)


def test_no_call_is_made_before_the_first_chunk_is_requested(sdk: str, double: GeminiDouble) -> None:
    double.script({"error": 500})

    stream_reply(prompt("Hello")).close()

    assert double.calls() == []
