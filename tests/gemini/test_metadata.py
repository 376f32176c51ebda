"""What the vendor reports besides the text is kept only as far as it can be stored."""

from collections.abc import Generator
from typing import Any

import pytest

from gemini import client, reply_stream
from gemini.types import Chunk, Prompt, Turn, Usage
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import reply_to

PROMPT = Prompt(turns=(Turn(role="user", text="Hello"),), model="asked-for", max_output_tokens=10)


@pytest.mark.parametrize(
    ("reported", "kept"),
    [
        (Usage(prompt_tokens=3, output_tokens=5), Usage(prompt_tokens=3, output_tokens=5)),
        (Usage(prompt_tokens=-1, output_tokens=5), Usage(prompt_tokens=None, output_tokens=5)),
        (Usage(prompt_tokens=0, output_tokens=2**31), Usage(prompt_tokens=0, output_tokens=None)),
        (Usage(prompt_tokens=None, output_tokens=2**31 - 1), Usage(prompt_tokens=None, output_tokens=2**31 - 1)),
    ],
)
@pytest.mark.parametrize(
    ("model", "name"), [("gemini-x", "gemini-x"), ("a\x00b", "ab"), ("x" * 200, "x" * 80), ("", "asked-for")]
)
def test_impossible_counts_and_overlong_names_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, reported: Usage, kept: Usage, model: str, name: str
) -> None:
    def events(**_: Any) -> Generator[Chunk]:
        yield Chunk.of_text("Hi", model=model, usage=reported, finish_reason="STOP")

    monkeypatch.setattr(reply_stream, "_events", events)
    with client.stream_reply(PROMPT) as stream:
        assert list(stream) == ["Hi"]
    assert (stream.usage, stream.model) == (kept, name)


def test_what_cannot_be_kept_has_the_same_names_in_both_sdks(sdk: str, double: GeminiDouble) -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    double.default(text="Look.", chunks=1, parts=[picture, picture])
    _, stream = reply_to("Draw.")
    assert stream.dropped == {"inline_data": 2}
