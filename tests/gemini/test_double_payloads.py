"""The double's payloads match the SDKs' own types, field for field."""

import copy
import json
from typing import Any

import pytest
import requests
from google.ai.generativelanguage import GenerateContentResponse as RetiredResponse
from google.genai import types
from google.protobuf.json_format import ParseDict, ParseError
from google.rpc import error_details_pb2, status_pb2
from pydantic import ValidationError

from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import MODEL

# The API has added these since the retired SDK's types were frozen; the SDK drops them.
NEWER_FIELDS = {"thoughtsTokenCount", "responseId"}

REPLIES: dict[str, dict[str, Any]] = {
    "reply": {},
    "thinking": {"thoughts": 7},
    "hostile text": {"text": 'a\0"}]{\u2028नमस्ते'},
    "empty": {"text": ""},
    "output limit": {"finish": "MAX_TOKENS", "after": 0},
    "safety": {"finish": "SAFETY", "after": 1},
    "recitation": {"finish": "RECITATION"},
    "list of words": {"finish": "BLOCKLIST"},
    "prohibited": {"finish": "PROHIBITED_CONTENT"},
    "personal data": {"finish": "SPII"},
    "language": {"finish": "LANGUAGE"},
    "other": {"finish": "OTHER"},
    "tools": {"finish": "MALFORMED_FUNCTION_CALL"},
    "prompt blocked": {"block": "SAFETY"},
    "prompt prohibited": {"block": "PROHIBITED_CONTENT"},
    "long": {"size": 100_000, "chunks": 10},
}

ERRORS: dict[str, dict[str, Any]] = {
    "bad key": {"error": 400, "bad_key": True},
    "rate limit": {"error": 429},
    "rate limit with delay": {"error": 429, "retry_after": 45.83},
    "quota per day": {"error": 429, "per_day": True},
    "overloaded": {"error": 503},
}


def ask(double: GeminiDouble, method: str) -> requests.Response:
    return requests.post(
        f"{double.base_url}/v1beta/models/{MODEL}:{method}",
        headers={"x-goog-api-key": "old-key"},
        json={"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
        timeout=10,
    )


def sse_events(double: GeminiDouble) -> list[dict[str, Any]]:
    lines = ask(double, "streamGenerateContent?alt=sse").text.split("\r\n\r\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line]


def parse_current(payload: dict[str, Any]) -> types.GenerateContentResponse:
    return types.GenerateContentResponse.model_validate(payload)


def parse_retired(payload: dict[str, Any]) -> Any:
    return ParseDict(without_newer(payload), RetiredResponse.pb(RetiredResponse()))


def without_newer(value: Any) -> Any:
    if isinstance(value, list):
        return [without_newer(item) for item in value]
    if isinstance(value, dict):
        return {key: without_newer(item) for key, item in value.items() if key not in NEWER_FIELDS}
    return value


@pytest.mark.parametrize("behaviour", REPLIES.values(), ids=REPLIES)
def test_a_stream_parses_strictly_with_the_current_sdk(double: GeminiDouble, behaviour: dict[str, Any]) -> None:
    double.script(behaviour)

    parsed = [parse_current(event) for event in sse_events(double)]

    assert parsed[-1].prompt_feedback or parsed[-1].candidates[0].finish_reason


@pytest.mark.parametrize("behaviour", REPLIES.values(), ids=REPLIES)
def test_a_stream_parses_strictly_with_the_retired_sdk(double: GeminiDouble, behaviour: dict[str, Any]) -> None:
    double.script(behaviour)

    events = ask(double, "streamGenerateContent?$alt=json;enum-encoding=int").json()
    parsed = [parse_retired(event) for event in events]

    assert parsed[-1].prompt_feedback.block_reason or parsed[-1].candidates[0].finish_reason


@pytest.mark.parametrize("behaviour", REPLIES.values(), ids=REPLIES)
def test_a_whole_reply_parses_strictly_with_both_sdks(double: GeminiDouble, behaviour: dict[str, Any]) -> None:
    double.script(behaviour, behaviour)

    payload = ask(double, "generateContent").json()

    assert parse_current(payload).model_version == f"{MODEL}-double"
    assert parse_retired(payload).model_version == f"{MODEL}-double"
    streamed = "".join(parse_current(event).text or "" for event in sse_events(double))
    assert (parse_current(payload).text or "") == streamed


@pytest.mark.parametrize("behaviour", ERRORS.values(), ids=ERRORS)
def test_an_error_parses_strictly_into_a_status(double: GeminiDouble, behaviour: dict[str, Any]) -> None:
    double.script(behaviour, behaviour)

    error = ask(double, "generateContent").json()["error"]
    assert ask(double, "streamGenerateContent").json() == [{"error": error}]
    assert error.pop("status")
    status = ParseDict(error, status_pb2.Status())

    assert status.code == behaviour["error"]
    for detail in status.details:
        assert detail.TypeName() in {
            message.full_name for message in error_details_pb2.DESCRIPTOR.message_types_by_name.values()
        }


def test_tokens_are_counted_for_both_forms_of_the_request(double: GeminiDouble) -> None:
    counted = ask(double, "countTokens").json()

    assert types.CountTokensResponse.model_validate(counted).total_tokens


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ((), "novelty", 1),
        (("candidates", 0), "finishReasons", "STOP"),
        (("candidates", 0, "content"), "text", "x"),
        (("usageMetadata",), "outputTokenCount", 1),
        (("usageMetadata",), "promptTokenCount", "many"),
    ],
)
def test_a_field_that_the_sdks_do_not_know_is_an_error(
    double: GeminiDouble, path: tuple[Any, ...], name: str, value: Any
) -> None:
    payload = ask(double, "generateContent").json()
    drifted = copy.deepcopy(payload)
    parent = drifted
    for step in path:
        parent = parent[step]
    parent[name] = value

    assert parse_current(payload)
    assert parse_retired(payload)
    with pytest.raises(ValidationError):
        parse_current(drifted)
    with pytest.raises(ParseError):
        parse_retired(drifted)
