"""A good answer, piece by piece, over both SDKs."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from gemini.client import stream_reply
from gemini.types import FinishReason, Turn, Usage
from tests.doubles.gemini import GeminiDouble
from tests.gemini.asking import MODEL, answer, failure, prompt, soon


def test_the_pieces_come_in_order_and_whole(sdk: str, double: GeminiDouble) -> None:
    text = "".join(f"{number} " for number in range(200))
    double.script({"text": text, "pieces": 20})

    with stream_reply(prompt("Count")) as stream:
        pieces = list(stream)

    assert len(pieces) == 20
    assert "".join(pieces) == text
    assert stream.finish_reason is FinishReason.STOP


def test_a_piece_is_handed_over_before_the_next_one_is_sent(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "abc", "pieces": 3, "fault": "hang"})

    with stream_reply(prompt("Hello")) as stream:
        assert [next(stream), next(stream), next(stream)] == ["a", "b", "c"]
        assert double.ledger()["in_flight"] == 1


def test_the_model_and_the_usage_are_the_vendors(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "x" * 400, "thoughts": 7})

    _, stream = answer("Hello")

    assert stream.model == f"{MODEL}-double"
    assert stream.usage == Usage(prompt_tokens=stream.usage.prompt_tokens, output_tokens=107)
    assert stream.usage.prompt_tokens


def test_before_the_first_event_the_usage_is_unknown(sdk: str, double: GeminiDouble) -> None:
    stream = stream_reply(prompt("Hello"))

    assert stream.usage == Usage(prompt_tokens=None, output_tokens=None)
    assert stream.model == MODEL
    stream.close()


def test_an_answer_cut_by_the_output_limit_is_an_answer(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "to be contin", "finish": "MAX_TOKENS"})

    text, stream = answer("Tell me")

    assert text == "to be contin"
    assert stream.finish_reason is FinishReason.MAX_TOKENS


def test_the_request_says_all_that_the_prompt_says(sdk: str, double: GeminiDouble) -> None:
    answer("One", "Two", "Three", system_instruction="Be brief.", temperature=0.25, max_output_tokens=99)

    (call,) = double.calls()
    assert [(turn["role"], turn["parts"][0]["text"]) for turn in call["contents"]] == [
        ("user", "One"),
        ("model", "Two"),
        ("user", "Three"),
    ]
    assert call["system_instruction"] == "Be brief."
    assert call["generation_config"]["temperature"] == 0.25
    assert call["generation_config"]["maxOutputTokens"] == 99
    assert call["model"] == MODEL


def test_what_the_prompt_leaves_open_is_not_sent(sdk: str, double: GeminiDouble) -> None:
    answer("Hello")

    (call,) = double.calls()
    assert call["system_instruction"] == ""
    assert set(call["generation_config"]) == {"maxOutputTokens"}


def test_a_temperature_of_zero_is_sent(sdk: str, double: GeminiDouble) -> None:
    answer("Hello", temperature=0.0)

    assert double.calls()[0]["generation_config"]["temperature"] == 0


def test_a_conversation_that_the_api_would_refuse_is_put_in_order(sdk: str, double: GeminiDouble) -> None:
    turns = (
        Turn(role="model", text="Welcome"),
        Turn(role="user", text="One"),
        Turn(role="user", text="Two"),
        Turn(role="model", text=" "),
        Turn(role="user", text="Three"),
    )

    text, _ = answer(turns=turns)

    assert text == "I saw 1 turns. You said: One\n\nTwo\n\nThree"


def test_hostile_text_arrives_without_what_postgresql_refuses(sdk: str, double: GeminiDouble) -> None:
    hostile = (
        'a\0b "}]{[\\" data: {"error": 1}\r\n\r\ndata: x\n\u2028 <script> \U0001f469\u200d\U0001f467 नमस्ते \x1b[31m'
    )
    double.script({"text": hostile, "pieces": 100})

    text, _ = answer("Hello")

    assert text == hostile.replace("\0", "")


def test_closing_cuts_the_connection_at_once(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "hang", "after": 1})
    stream = stream_reply(prompt("Hello"))
    next(stream)

    stream.close()

    assert soon(lambda: double.calls()[0]["disconnected"] is not None)
    assert list(stream) == []


def test_leaving_the_with_block_by_an_error_cuts_the_connection(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "hang", "after": 1})

    with pytest.raises(ZeroDivisionError), stream_reply(prompt("Hello")) as stream:
        _ = len(next(stream)) / 0

    assert soon(lambda: double.calls()[0]["disconnected"] is not None)
    assert stream.usage.output_tokens is not None


def test_an_answer_that_grows_too_long_is_cut_off(sdk: str, double: GeminiDouble) -> None:
    double.script({"size": 3_000_000, "pieces": 100, "fault": "hang"})

    error, pieces, _ = failure("Hello")

    assert error.code == "answer_too_long"
    assert 900_000 < len("".join(pieces)) <= 1 << 20
    assert soon(lambda: double.calls()[0]["disconnected"] is not None)


def test_closing_twice_and_after_the_end_is_harmless(sdk: str, double: GeminiDouble) -> None:
    text, stream = answer("Hello")

    stream.close()
    stream.close()

    assert "Hello" in text
    assert stream.finish_reason is FinishReason.STOP


def test_a_call_writes_nothing_to_the_log(sdk: str, double: GeminiDouble, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert answer("Hello")[0]

    assert caplog.records == []


def test_64_threads_at_once_each_get_their_own_answer(sdk: str, double: GeminiDouble) -> None:
    double.default(crowd=64, pieces=4)
    questions = [f"question number {number} user=u{number}" for number in range(64)]

    with ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda question: answer(question)[0], questions))

    assert answers == [f"I saw 1 turns. You said: {question}" for question in questions]
    assert double.ledger()["max_in_flight"] == 64
    assert set(double.ledger()["max_in_flight_by_user"].values()) == {1}
