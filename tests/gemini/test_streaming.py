"""A good reply, chunk by chunk, with both SDKs."""

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from gemini.as_sent import HEADROOM
from gemini.client import stream_reply
from gemini.types import FinishReason, Thinking, Turn, Usage
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import MODEL, eventually, failure, prompt, reply_to


def test_the_chunks_come_in_order_and_complete(sdk: str, double: GeminiDouble) -> None:
    text = "".join(f"{number} " for number in range(200))
    double.script({"text": text, "chunks": 20})

    with stream_reply(prompt("Count")) as stream:
        chunks = list(stream)

    assert len(chunks) == 20
    assert "".join(chunks) == text
    assert stream.finish_reason is FinishReason.STOP


def test_a_held_reply_goes_on_when_the_test_releases_it(sdk: str, double: GeminiDouble) -> None:
    double.default(text="one two three", chunks=3, hold=1)
    for _ in range(2):  # a release is for the calls before it
        with stream_reply(prompt("Count")) as stream:
            first = next(iter(stream))
            assert double.calls()[-1]["outcome"] == "open"
            double.release()
            assert (len(first), first + "".join(stream)) == (5, "one two three")


def test_a_chunk_is_yielded_before_the_next_one_is_sent(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "abc", "chunks": 3, "fault": "hang"})

    with stream_reply(prompt("Hello")) as stream:
        assert [next(stream), next(stream), next(stream)] == ["a", "b", "c"]
        assert double.ledger()["in_flight"] == 1


def test_the_model_and_the_usage_are_the_vendors(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "x" * 400, "thoughts": 7})

    _, stream = reply_to("Hello")

    assert stream.model == f"{MODEL}-double"
    assert stream.usage == Usage(prompt_tokens=stream.usage.prompt_tokens, output_tokens=107, thought_tokens=7)
    assert stream.usage.prompt_tokens


def test_before_the_first_event_the_usage_is_unknown(sdk: str, double: GeminiDouble) -> None:
    stream = stream_reply(prompt("Hello"))

    assert stream.usage == Usage(prompt_tokens=None, output_tokens=None)
    assert stream.model == MODEL
    stream.close()


def test_a_reply_cut_by_the_output_limit_is_a_reply(sdk: str, double: GeminiDouble) -> None:
    double.script({"text": "to be contin", "finish": "MAX_TOKENS"})

    text, stream = reply_to("Hello")

    assert text == "to be contin"
    assert stream.finish_reason is FinishReason.MAX_TOKENS


def test_the_request_has_everything_of_the_prompt(sdk: str, double: GeminiDouble) -> None:
    reply_to("One", "Two", "Three", system_instruction="Be brief.", temperature=0.25, max_output_tokens=99)

    (call,) = double.calls()
    assert [(turn["role"], turn["parts"][0]["text"]) for turn in call["contents"]] == [
        ("user", "One"),
        ("model", "Two"),
        ("user", "Three"),
    ]
    assert call["system_instruction"] == "Be brief."
    assert call["generation_config"]["temperature"] == 0.25
    assert call["generation_config"]["maxOutputTokens"] == 99 + HEADROOM[Thinking.MEDIUM]
    assert call["model"] == MODEL


def test_options_that_the_prompt_does_not_set_are_not_sent(sdk: str, double: GeminiDouble) -> None:
    reply_to("Hello")

    (call,) = double.calls()
    assert call["system_instruction"] == ""
    assert set(call["generation_config"]) == {"maxOutputTokens"}


def test_a_temperature_of_zero_is_sent(sdk: str, double: GeminiDouble) -> None:
    reply_to("Hello", temperature=0.0)

    assert double.calls()[0]["generation_config"]["temperature"] == 0


def test_turns_that_the_api_would_refuse_are_put_in_order(sdk: str, double: GeminiDouble) -> None:
    turns = (
        Turn(role="model", text="Welcome"),
        Turn(role="user", text="One"),
        Turn(role="user", text="Two"),
        Turn(role="model", text=" "),
        Turn(role="user", text="Three"),
    )

    text, _ = reply_to(turns=turns)

    assert text == "I saw 1 turns. You said: One\n\nTwo\n\nThree"


def test_hostile_text_arrives_without_what_postgresql_refuses(sdk: str, double: GeminiDouble) -> None:
    hostile = (
        'a\0b "}]{[\\" data: {"error": 1}\r\n\r\ndata: x\n\u2028 <script> \U0001f469\u200d\U0001f467 नमस्ते \x1b[31m'
    )
    double.script({"text": hostile, "chunks": 100})

    text, _ = reply_to("Hello")

    assert text == hostile.replace("\0", "")


def test_close_cuts_the_connection_at_once(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "hang", "after": 1})
    stream = stream_reply(prompt("Hello"))
    next(stream)

    stream.close()

    assert eventually(lambda: double.calls()[0]["disconnected"] is not None)
    assert list(stream) == []


def test_an_error_in_the_with_block_cuts_the_connection(sdk: str, double: GeminiDouble) -> None:
    double.script({"fault": "hang", "after": 1})

    with pytest.raises(ZeroDivisionError), stream_reply(prompt("Hello")) as stream:
        _ = len(next(stream)) / 0

    assert eventually(lambda: double.calls()[0]["disconnected"] is not None)
    assert stream.usage.output_tokens is not None


def test_a_reply_that_is_too_long_is_cut_off(sdk: str, double: GeminiDouble) -> None:
    double.script({"size": 3_000_000, "chunks": 100, "fault": "hang"})

    error, chunks, _ = failure("Hello", max_output_tokens=10_000_000)

    assert error.code == "answer_too_long"
    assert 900_000 < len("".join(chunks)) <= 1 << 20
    assert eventually(lambda: double.calls()[0]["disconnected"] is not None)


def test_close_is_harmless_after_the_end_and_twice(sdk: str, double: GeminiDouble) -> None:
    text, stream = reply_to("Hello")

    stream.close()
    stream.close()

    assert "Hello" in text
    assert stream.finish_reason is FinishReason.STOP


def test_a_call_writes_nothing_to_the_log(sdk: str, double: GeminiDouble, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert reply_to("Hello")[0]

    assert caplog.records == []


def test_64_concurrent_threads_each_get_their_own_reply(sdk: str, double: GeminiDouble) -> None:
    double.default(crowd=64, chunks=4)
    questions = [f"question number {number} user=u{number}" for number in range(64)]

    with ThreadPoolExecutor(64) as threads:
        replies = list(threads.map(lambda question: reply_to(question)[0], questions))

    assert replies == [f"I saw 1 turns. You said: {question}" for question in questions]
    assert double.ledger()["max_in_flight"] == 64
    assert set(double.ledger()["max_in_flight_by_user"].values()) == {1}
