"""JSON may encode a character beyond U+FFFF as two halves, and a server may send them in two events."""

from collections.abc import Generator
from typing import Any

import pytest

from gemini import reply_stream
from gemini.client import stream_reply
from gemini.types import Chunk
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import prompt

LOST = "\ufffd"


def chunks_of(monkeypatch: pytest.MonkeyPatch, *texts: str, finish: str = "STOP") -> list[str]:
    def events(**_: Any) -> Generator[Chunk]:
        for text in texts:
            yield Chunk.of_text(text)
        yield Chunk.of_text("", finish_reason=finish)

    monkeypatch.setattr(reply_stream, "_events", events)
    with stream_reply(prompt("Hello")) as stream:
        return list(stream)


@pytest.mark.parametrize("chunks", [1, 2, 3, 5, 1000])
def test_a_text_that_is_cut_between_units_comes_complete(double: GeminiDouble, settings: Any, chunks: int) -> None:
    """With google-genai; the protobuf of google-generativeai accepts no halves, so such a reply fails there."""
    settings.GEMINI_CLIENT = "google-genai"
    text = "नमस्ते 🙏🏽, 👨‍👩‍👧 and 𝄞\n" * 3 + "🙂"
    double.script({"text": text, "chunks": chunks, "units": True})
    with stream_reply(prompt("Hello")) as stream:
        assert "".join(stream) == text


@pytest.mark.parametrize(
    ("texts", "chunks"),
    [
        (["a\ud83d", "\ude00b"], ["a", "😀b"]),
        (["a\ud83d", "", "\ude00"], ["a", "😀"]),
        (["a\ud83d", "\0", "\0\ude00"], ["a", "😀"]),
        (["\ud83d\0", "\ude00"], ["😀"]),
        (["\ud83d\ude00"], ["😀"]),
        (["a\ud83d", "b"], ["a", f"{LOST}b"]),
        (["a\ud83d"], ["a", LOST]),
        (["a\ude00b"], [f"a{LOST}b"]),
        (["\ud83d\ud83d", "\ude00"], [LOST, "😀"]),
        (["\ude00", "\ud83d"], [LOST, LOST]),
        (["a\0b"], ["ab"]),
    ],
)
def test_halves_are_joined_and_a_lone_half_is_replaced(
    monkeypatch: pytest.MonkeyPatch, texts: list[str], chunks: list[str]
) -> None:
    assert chunks_of(monkeypatch, *texts) == chunks


def test_a_lone_half_counts_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chunks_of(monkeypatch, "\ud83d", finish="MAX_TOKENS") == [LOST]
