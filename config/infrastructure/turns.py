"""Lets only a few requests of a process run at a time; the others wait for their turn.

One thread runs Python at a time. If many are ready to, each switch of the many costs more than one of the few: with
two turns a request of the hot path took a fifth less CPU time than with 32 threads at will (docs/performance.md).
Nothing depends on the limit: a request that has waited long enough runs without a turn, since all turns may be held by
requests that wait for an unavailable server.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

TURNS: Final = 2
LONGEST_WAIT: Final = 0.1
"""Seconds; with 16 requests of a few milliseconds at once each has its turn earlier. While PostgreSQL is unavailable
every request takes so much longer."""

_mine = threading.local()


class Turns:
    """So many turns, given out in the order in which they were asked for.

    A semaphore would give them to whoever comes at the right moment: one request in a hundred then waited in vain.
    """

    def __init__(self, free: int) -> None:
        self.free = free
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def take(self, *, longest_wait: float) -> bool:
        """Wait for a turn; return whether there was one in time."""
        with self._lock:
            if self.free:
                self.free -= 1
                return True
            given = threading.Lock()
            given.acquire()
            self._waiting.append(given)
        if given.acquire(timeout=longest_wait):
            return True
        with self._lock:
            if given in self._waiting:
                self._waiting.remove(given)
                return False
            return True  # it was given at the last moment

    def give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self.free += 1


_turns = Turns(TURNS)


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
    _mine.has_turn = _turns.take(longest_wait=LONGEST_WAIT)


def _give_back() -> bool:
    """Give the turn back, and return whether there was one."""
    had_turn: bool = getattr(_mine, "has_turn", False)
    if had_turn:
        _mine.has_turn = False
        _turns.give_back()
    return had_turn
