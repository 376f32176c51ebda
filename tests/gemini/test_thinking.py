"""Models think before they reply: there is room for it beside the text, and calls say how much where they can."""

import random

import pytest
from pytest_django import Settings

from gemini.catalogue import MODELS
from gemini.types import FinishReason, PartKind, Piece, Thinking
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import failure, pieces_of, reply_to

BASIC = 2_048
"""Tokens of text that the tier Basic has."""


@pytest.fixture(autouse=True)
def _current_sdk(double: GeminiDouble, settings: Settings) -> None:
    settings.GEMINI_CLIENT = "google-genai"


def test_recorded_thinking_leaves_the_text_its_room(double: GeminiDouble) -> None:
    seed = random.Random(17)
    for number in range(100):
        double.script({"thoughts": seed.randint(200, 6_000), "text": f"Reply {number}."})
        text, stream = reply_to("Hello", max_output_tokens=BASIC)
        assert (text, stream.finish_reason) == (f"Reply {number}.", FinishReason.STOP)


@pytest.mark.parametrize(
    ("model", "wanted", "sent"),
    [
        ("gemini-3.8-flash", None, None),
        ("gemini-3.8-flash", Thinking.OFF, {"thinkingLevel": "LOW"}),
        ("gemini-3.8-flash", Thinking.HIGH, {"thinkingLevel": "HIGH"}),
        ("gemini-3.6-flash", Thinking.OFF, {"thinkingLevel": "MINIMAL"}),
        ("gemini-2.5-flash", Thinking.OFF, {"thinkingBudget": 0}),
        ("gemini-2.5-pro", Thinking.OFF, None),
        ("gemini-4-neon", Thinking.XHIGH, {"thinkingLevel": "XHIGH"}),
        ("gemini-3.6-flash", Thinking.XHIGH, {"thinkingLevel": "HIGH"}),
        ("gemini-flash-latest", Thinking.OFF, {"thinkingLevel": "LOW"}),
        ("gemini-of-tomorrow", Thinking.LOW, None),
    ],
)
def test_a_call_asks_for_the_nearest_level_that_the_model_has(
    double: GeminiDouble, model: str, wanted: Thinking | None, sent: dict[str, object] | None
) -> None:
    reply_to("Hello", model=model, thinking=wanted)
    (call,) = double.calls()
    assert call["generation_config"].get("thinkingConfig") == sent


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("thinking", [None, *Thinking])
def test_the_api_takes_every_level_for_every_model(double: GeminiDouble, model: str, thinking: Thinking | None) -> None:
    text, _ = reply_to("Hello", model=model, thinking=thinking, show_thoughts=True, temperature=1.0)
    assert text.endswith("Hello")
    (call,) = double.calls()
    assert ("temperature" in call["generation_config"]) == MODELS[model].takes_temperature
    assert call["generation_config"]["maxOutputTokens"] <= MODELS[model].max_output_tokens


@pytest.mark.parametrize(
    ("message", "left_out"), [("temperature", "temperature"), ("Thinking level", "thinkingConfig")]
)
def test_a_parameter_that_a_model_refuses_is_left_out_once(double: GeminiDouble, message: str, left_out: str) -> None:
    refusal = f'{{"error": {{"code": 400, "message": "{message} is not supported.", "status": "INVALID_ARGUMENT"}}}}'
    double.script({"raw": refusal, "raw_status": 400})
    options = {"temperature": 0.5, "thinking": Thinking.LOW}
    assert reply_to("Hello", **options)[0].endswith("Hello")
    first, second = (call["generation_config"] for call in double.calls())
    assert set(first) - set(second) == {left_out}

    double.script({"raw": refusal, "raw_status": 400}, {"raw": refusal, "raw_status": 400})
    assert failure("Hello", **options)[0].code == "bad_request"
    assert len(double.calls()) == 4


def test_thoughts_come_apart_from_the_text_and_only_if_asked_for(double: GeminiDouble) -> None:
    double.default(show_thoughts="I should be brief.", text="Four.", chunks=1)
    thought, text = Piece(kind=PartKind.THOUGHT, text="I should be brief."), Piece(text="Four.")
    assert pieces_of("Hello", show_thoughts=True) == [thought, text]
    assert pieces_of("Hello") == [text]
    assert reply_to("Hello", show_thoughts=True)[0] == "Four."


def test_text_has_no_use_of_the_room_for_thinking(double: GeminiDouble) -> None:
    double.script({"text": "x" * 8_000, "chunks": 20, "thoughts": 0})
    text, stream = reply_to("Hello", max_output_tokens=500)
    assert stream.finish_reason is FinishReason.MAX_TOKENS
    assert 2_000 <= len(text) <= 2_400
    assert stream.spent.output_tokens is not None
    assert stream.spent.output_tokens <= 600


def test_a_reply_longer_than_one_request_goes_on(double: GeminiDouble) -> None:
    double.default(text="One long reply, sent in three requests.", hops=2, thoughts=0)
    text, stream = reply_to("Hello")
    assert (text, stream.finish_reason) == ("One long reply, sent in three requests.", FinishReason.STOP)
    assert [bool(call["continuation_token"]) for call in double.calls()] == [False, True, True]
    assert stream.spent.prompt_tokens is not None
    assert stream.spent.prompt_tokens >= 30, "each request reads the prompt again, and is billed"
