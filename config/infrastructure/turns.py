"""Lets only a few requests of a process run at a time; the others wait for their turn.

One thread runs Python at a time. If many are ready to, each switch of the many costs more than one of the few: with
three turns a request of the hot path took a tenth less CPU time than with 32 threads at will (docs/performance.md).
Nothing depends on the limit: a request that has waited long enough runs without a turn, since all turns may be held by
requests that wait for an unavailable server.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURNS: Final = 3
LONGEST_WAIT: Final = 0.25
"""Seconds; with 32 threads and requests of a few milliseconds each has its turn earlier."""

_turns = threading.BoundedSemaphore(TURNS)
_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Take a turn for the block, or run it without one after `LONGEST_WAIT`."""
    _take()
    try:
        yield
    finally:
        _give_back()


@contextmanager
def let_others_run() -> Iterator[None]:
    """Give the turn of this thread away while the block waits for something outside; without a turn, do nothing."""
    if not _give_back():
        yield
        return
    try:
        yield
    finally:
        _take()


def _take() -> None:
    _mine.has_turn = _turns.acquire(timeout=LONGEST_WAIT)


def _give_back() -> bool:
    """Give the turn back, and return whether there was one."""
    had_turn: bool = getattr(_mine, "has_turn", False)
    if had_turn:
        _mine.has_turn = False
        _turns.release()
    return had_turn
