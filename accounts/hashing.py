"""Hashing passwords, a few at a time: Argon2 takes 100 MB for each, and any client can cause one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from config.http.problems import ServiceUnavailable
from config.infrastructure import turns

WAITING_PER_HASH: Final = 4
"""Threads that wait for each hash in progress: at a tenth of a second per hash, half a second."""

MAX_WAIT: Final = 3.0
"""Seconds that a thread waits for a slot."""


class HashingSlots:
    """Lets `at_once` threads of this process hash and `waiting` more wait for up to `max_wait` seconds.

    All others are refused at once.
    """

    def __init__(self, *, at_once: int, waiting: int, max_wait: float) -> None:
        self._semaphore = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self._thread = threading.local()
        self._max_wait = max_wait
        self.free = at_once + waiting
        """How many more threads may hash or wait."""

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Hold a slot within the block. A thread that holds one already keeps it.

        Raises:
            ServiceUnavailable: too many threads are waiting, or no slot became free in time.
        """
        if getattr(self._thread, "has_slot", False):
            yield
            return
        with turns.let_others_run(), self._admission(), self._slot():
            self._thread.has_slot = True
            try:
                yield
            finally:
                self._thread.has_slot = False

    @contextmanager
    def _admission(self) -> Iterator[None]:
        with self._lock:
            if not self.free:
                raise _busy()
            self.free -= 1
        try:
            yield
        finally:
            with self._lock:
                self.free += 1

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._semaphore.acquire(timeout=self._max_wait):
            raise _busy()
        try:
            yield
        finally:
            self._semaphore.release()


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable("Too many sign in with a password just now. Try again.", retry_after=1)


slots = HashingSlots(
    at_once=settings.PASSWORD_HASHES_AT_ONCE,
    waiting=WAITING_PER_HASH * settings.PASSWORD_HASHES_AT_ONCE,
    max_wait=MAX_WAIT,
)
"""Those of this process. What must not be left half done acquires a slot before it begins."""


class LimitedArgon2Hasher(Argon2PasswordHasher):
    """Django's hasher, which waits for a slot."""

    def encode(self, password: str, salt: str) -> str:
        with slots.acquire():
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with slots.acquire():
            return bool(super().verify(password, encoded))
