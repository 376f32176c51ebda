"""Upper bounds on what a provider may send."""

import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from gemini.exceptions import ProviderTimeout, ReplyTooLong

# Characters of text in one reply: 1 MiB is 16 times what the largest output limit (65,536 tokens) gives in English.
MAX_TEXT = 1 << 20

# Bytes (or decoded characters) of one response: the text, its JSON and the metadata of each event.
MAX_RESPONSE_SIZE = 16 << 20

Data = TypeVar("Data", bound=Sized)


def bounded(data: Iterable[Data], *, deadline: float) -> Iterator[Data]:
    """Pass `data` on until `deadline` (of `time.monotonic`) or `MAX_RESPONSE_SIZE`.

    It sits below the SDK, where each read from the socket shows: a provider that keeps a stream alive with bytes that
    never become an event is cut off too.

    Raises:
        ProviderTimeout, ReplyTooLong
    """
    size = 0
    for block in data:
        size += len(block)
        if size > MAX_RESPONSE_SIZE:
            raise ReplyTooLong(cause="bounded")
        if time.monotonic() > deadline:
            raise ProviderTimeout(cause="bounded")
        yield block
