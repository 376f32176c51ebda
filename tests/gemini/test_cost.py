"""What a call cost: the vendor's counts, or an estimate for a call that was cut off."""

from collections.abc import Generator

import pytest

from gemini import client, reply_stream
from gemini.exceptions import ConnectionCut, ProviderError
from gemini.types import Chunk, Prompt, Turn, Usage

PROMPT = Prompt(turns=(Turn(role="user", text="four"),), model="m", max_output_tokens=9, system_instruction="eight888")


def spent(monkeypatch: pytest.MonkeyPatch, *chunks: Chunk, cut: bool = False) -> tuple[int | None, int | None]:
    def events(**_: object) -> Generator[Chunk]:
        yield from chunks
        if cut:
            raise ConnectionCut(cause="test")

    monkeypatch.setattr(reply_stream, "_events", events)
    stream = client.stream_reply(PROMPT)
    try:
        with stream:
            list(stream)
    except ProviderError:
        pass
    return stream.spent.prompt_tokens, stream.spent.output_tokens


def test_the_vendors_counts_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Chunk.of_text("Hello", finish_reason="STOP", usage=Usage(prompt_tokens=7, output_tokens=9))
    assert spent(monkeypatch, whole) == (7, 9)


def test_a_call_that_was_cut_off_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt, output = spent(monkeypatch, Chunk.of_text("a" * 40), Chunk.of_text("नमस्ते"), cut=True)
    assert prompt
    assert prompt >= 3
    assert output
    assert output >= 16


def test_a_missing_count_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    chunk = Chunk.of_text("a" * 40, usage=Usage(prompt_tokens=5, output_tokens=None))
    prompt, output = spent(monkeypatch, chunk, cut=True)
    assert prompt == 5
    assert output
    assert output >= 10


def test_a_call_without_text_cost_what_the_vendor_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert spent(monkeypatch, cut=True) == (0, 0)
    blocked = Chunk(prompt_blocked=True, usage=Usage(prompt_tokens=12, output_tokens=None))
    assert spent(monkeypatch, blocked) == (12, 0)
