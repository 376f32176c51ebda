"""The stand-in says what it is, and quotes the conversation."""

import socket

import pytest
from pytest_django import Settings

from gemini.types import FinishReason
from tests.gemini.calls import failure, reply_to

pytestmark = pytest.mark.usefixtures("stand_in")


def test_the_reply_names_the_stand_in_and_quotes_the_question() -> None:
    text, stream = reply_to("How deep is the sea?")

    assert "How deep is the sea?" in text
    assert "stand-in" in text
    assert "GEMINI_API_KEY" in text
    assert stream.model == "stand-in"
    assert stream.finish_reason is FinishReason.STOP


def test_the_reply_numbers_the_turns() -> None:
    assert "turn 1 " in reply_to("One")[0]
    assert "turn 3 " in reply_to("One", "x", "Two", "y", "Three")[0]


@pytest.mark.parametrize("question", ["What is my name?", "what's my name", "Tell me, what\u2019s my name please?"])
def test_the_stand_in_remembers_a_name(question: str) -> None:
    assert "Asha" in reply_to("Hi, my name is Asha and I like tea.", "Hello!", question)[0]


def test_the_stand_in_remembers_the_latest_value_of_a_fact() -> None:
    text, _ = reply_to(
        "My favourite colour is dark green.",
        "x",
        "No: my favourite colour is red!",
        "y",
        "What is my favourite colour?",
    )

    assert "red" in text
    assert "dark green" not in text


def test_the_stand_in_does_not_invent_facts() -> None:
    assert "You said" in reply_to("Hello", "x", "What is my name?")[0]


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("What did I first ask you?", "Alpha"),
        ("what did I first say?", "Alpha"),
        ("What was my first question?", "Alpha"),
        ("What did I just say?", "Beta"),
    ],
)
def test_the_stand_in_quotes_an_earlier_turn(question: str, quoted: str) -> None:
    assert f"“{quoted}”" in reply_to("Alpha", "x", "Beta", "y", question)[0]


def test_the_same_conversation_gets_the_same_reply() -> None:
    assert reply_to("One", "x", "Two")[0] == reply_to("One", "x", "Two")[0]


def test_the_stand_in_streams_words_and_estimates_the_usage() -> None:
    text, stream = reply_to("Hello")

    assert stream.usage.prompt_tokens == 6
    assert stream.usage.output_tokens == pytest.approx(len(text) / 4, rel=0.1)


def test_the_stand_in_respects_the_output_limit() -> None:
    text, stream = reply_to("Hello", max_output_tokens=8)

    assert 0 < len(text) <= 32
    assert stream.finish_reason is FinishReason.MAX_TOKENS


def test_the_stand_in_respects_the_total_timeout(settings: Settings) -> None:
    settings.GEMINI_STAND_IN_DELAY = 0.05
    settings.GEMINI_TOTAL_TIMEOUT = 0.2

    assert failure("Hello")[0].code == "provider_timeout"


def test_the_stand_in_opens_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert reply_to("Hello")[0]
