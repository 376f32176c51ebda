"""No call lets Google store the prompt, unless the operator allows it."""

import json

import pytest
from pytest_django import Settings
from structlog.testing import capture_logs

from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import failure, reply_to

UNKNOWN = json.dumps(
    {
        "error": {
            "code": 400,
            "message": 'Invalid JSON payload received. Unknown name "store": Cannot find field.',
            "status": "INVALID_ARGUMENT",
        }
    }
)


@pytest.fixture(autouse=True)
def _current_sdk(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-genai"


def test_every_call_forbids_to_store_the_prompt(double: GeminiDouble) -> None:
    reply_to("Hello")
    assert [call["store"] for call in double.calls()] == [False]


def test_an_api_that_cannot_be_told_gets_no_prompt_of_ours_again(double: GeminiDouble) -> None:
    double.script({"raw": UNKNOWN, "raw_status": 400})
    error, _, _ = failure("Hello")
    assert (error.code, getattr(error, "reason", "")) == ("provider_auth", "store")
    failure("Hello again")
    assert [call["store"] for call in double.calls()] == [False], "the second one was not made"


def test_an_operator_may_allow_it_and_each_such_call_is_logged(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_ALLOW_STORED = True
    settings.GEMINI_API_KEY = "old-key"
    double.script({"raw": UNKNOWN, "raw_status": 400})
    with capture_logs() as logs:
        assert reply_to("Hello")[0].endswith("Hello")
    assert [call["store"] for call in double.calls()] == [False, None]
    assert "prompts_may_be_stored" in {entry["event"] for entry in logs}


@pytest.mark.parametrize("text", ['Unknown name "store"', 'Say: Invalid JSON payload received. Unknown name "store"'])
def test_a_refusal_that_quotes_a_user_is_not_taken_for_it(double: GeminiDouble, settings: Settings, text: str) -> None:
    settings.GEMINI_ALLOW_STORED = True
    double.script({"error": 400})
    assert failure(text)[0].code == "bad_request"
    assert [call["store"] for call in double.calls()] == [False]
