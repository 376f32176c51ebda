"""Asking Gemini, as the tests of this folder do it."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from gemini.client import stream_reply
from gemini.exceptions import ProviderError
from gemini.reply_stream import ReplyStream
from gemini.types import Prompt, Turn

API_KEY = "key-that-no-log-may-show"
MODEL = "gemini-flash-latest"


def prompt(*texts: str, **fields: Any) -> Prompt:
    """Return a conversation of alternating turns that begins with the user's."""
    turns = tuple(Turn(role="model" if number % 2 else "user", text=text) for number, text in enumerate(texts))
    return Prompt(**({"turns": turns, "model": MODEL, "max_output_tokens": 2048} | fields))


def answer(*texts: str, **fields: Any) -> tuple[str, ReplyStream]:
    """Return the whole text of an answer, and its stream."""
    with stream_reply(prompt(*texts, **fields)) as stream:
        return "".join(stream), stream


def failure(*texts: str, **fields: Any) -> tuple[ProviderError, list[str], ReplyStream]:
    """Return what an answer failed with, the pieces that came before, and its stream."""
    pieces: list[str] = []
    with stream_reply(prompt(*texts, **fields)) as stream, pytest.raises(ProviderError) as caught:
        pieces.extend(stream)
    return caught.value, pieces, stream


def soon(condition: Callable[[], object], *, seconds: float = 120) -> bool:
    """Whether `condition` comes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
