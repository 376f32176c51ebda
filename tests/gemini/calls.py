"""Calls to Gemini for the tests of this folder."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from gemini.client import stream_reply
from gemini.exceptions import ProviderError
from gemini.reply_stream import ReplyStream
from gemini.types import Piece, Prompt, Turn

API_KEY = "key-that-no-log-may-show"
MODEL = "gemini-flash-latest"


def prompt(*texts: str, **fields: Any) -> Prompt:
    """Return a conversation of alternating turns that begins with the user's."""
    turns = tuple(Turn(role="model" if number % 2 else "user", text=text) for number, text in enumerate(texts))
    return Prompt(**({"turns": turns, "model": MODEL, "max_output_tokens": 2048} | fields))


def reply_to(*texts: str, **fields: Any) -> tuple[str, ReplyStream]:
    """Return the whole text of a reply, and its stream."""
    with stream_reply(prompt(*texts, **fields)) as stream:
        return "".join(stream), stream


def pieces_of(*texts: str, **fields: Any) -> list[Piece]:
    """Return all pieces of a reply."""
    with stream_reply(prompt(*texts, **fields)) as stream:
        return list(stream.pieces())


def failure(*texts: str, **fields: Any) -> tuple[ProviderError, list[str], ReplyStream]:
    """Return the failure of a reply, the chunks before it, and its stream."""
    chunks: list[str] = []
    with stream_reply(prompt(*texts, **fields)) as stream, pytest.raises(ProviderError) as caught:
        chunks.extend(stream)
    return caught.value, chunks, stream


def eventually(condition: Callable[[], object], *, seconds: float = 120) -> bool:
    """Return whether `condition` becomes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
