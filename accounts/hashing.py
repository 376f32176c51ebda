"""Hashing passwords, a few at a time: Argon2 takes 100 MB for each while it lasts, and anybody may ask for one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from config.http.problems import ServiceUnavailable

WAITING_PER_HASH: Final = 4
"""Those who wait, to one that is being made: at a tenth of a second each, half a second."""

PATIENCE: Final = 3.0
"""Seconds that one waits."""


class Turns:
    """So many at once in this process, so many who wait, and nobody else."""

    def __init__(self, *, at_once: int, waiting: int, patience: float) -> None:
        self._turn = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._patience = patience
        self.places = at_once + waiting
        """That are free."""

    @contextmanager
    def take(self) -> Iterator[None]:
        """Have a turn for all that this thread does within; one who has it already goes on.

        Raises:
            ServiceUnavailable: there is no place, or no turn came.
        """
        if getattr(self._mine, "turn", False):
            yield
            return
        with self._place(), self._in_turn():
            self._mine.turn = True
            try:
                yield
            finally:
                self._mine.turn = False

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if not self.places:
                raise _busy()
            self.places -= 1
        try:
            yield
        finally:
            with self._lock:
                self.places += 1

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience):
            raise _busy()
        try:
            yield
        finally:
            self._turn.release()


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable("Too many sign in with a password just now. Try again.", retry_after=1)


turns = Turns(
    at_once=settings.PASSWORD_HASHES_AT_ONCE,
    waiting=WAITING_PER_HASH * settings.PASSWORD_HASHES_AT_ONCE,
    patience=PATIENCE,
)
"""Those of this process. What must not be half done when there is no turn takes one before it begins."""


class Argon2InTurns(Argon2PasswordHasher):
    """Django's, in turn."""

    def encode(self, password: str, salt: str) -> str:
        """Make a hash."""
        with turns.take():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Make a hash, and compare."""
        with turns.take():
            return bool(super().verify(password, encoded))
