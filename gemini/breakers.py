"""One breaker for each model: a model that is overloaded is left alone, and another one asked, or nobody.

Our own, since pybreaker holds its lock during the call. A process learns for itself; that costs each a few calls.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from django.conf import settings

from config.observability import metrics
from gemini.exceptions import (
    Blocked,
    BrokenReply,
    ConnectionCut,
    EmptyReply,
    MaxTokens,
    ProviderOverloaded,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
    ReplyTooLong,
)

log = structlog.get_logger(__name__)

WINDOW: Final = 30.0
"""Seconds that are looked back: an overload lasts minutes, and one bad call an hour ago says nothing."""

PAUSE: Final = 15.0
"""Seconds for which a model is left alone, then between two probes."""

OVERLOADED: Final = (ConnectionCut, ProviderOverloaded, ProviderTimeout)
"""What counts against a model; one that cannot be reached is as little use as one that has no room."""

ANSWERED: Final = (ReplyTooLong, Blocked, BrokenReply, EmptyReply, MaxTokens)
"""No answer for the user, but the model works. Every other failure says nothing about its load."""


def now() -> float:
    """Seconds on a clock that only runs forward."""
    return time.monotonic()


class ModelBreaker:
    """Whether a model is to be asked."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._ended: deque[tuple[float, bool]] = deque()
        self._probe_at: float | None = None
        self._failed_at = metrics.model_failed.labels(metrics.model_label(model))

    def allows(self) -> bool:
        """Whether to ask the model now. While it is left alone, one caller in every `PAUSE` may find out."""
        with self._lock:
            if self._probe_at is None:
                return True
            if now() < self._probe_at:
                return False
            self._probe_at = now() + PAUSE
            return True

    @contextmanager
    def watching(self, *, has_fallback: bool) -> Iterator[None]:
        """Learn from how the call in the block ends; one that is cancelled says nothing.

        A limit of calls a minute counts as an overload if there is another model to go to; else the caller waits, as
        the vendor asks, and fails nobody.
        """
        try:
            yield
        except ProviderRateLimited:
            if has_fallback:
                self._failed(for_good=False)
            raise
        except OVERLOADED:
            self._failed(for_good=False)
            raise
        except ProviderQuotaExhausted:
            self._failed(for_good=True)
            raise
        except ANSWERED:
            self._succeeded()
            raise
        else:
            self._succeeded()

    def _succeeded(self) -> None:
        with self._lock:
            if self._probe_at is not None:
                self._probe_at = None
                self._ended.clear()
                self._failed_at.set(0)
                log.info("model_is_back", model=self._model)
            self._count(failed=False)

    def _failed(self, *, for_good: bool) -> None:
        """Open at GEMINI_BREAKER_FAILURES in the window, if they are half of it: one or two are chance."""
        with self._lock:
            self._count(failed=True)
            failures = sum(failed for _, failed in self._ended)
            if self._probe_at is not None:
                self._probe_at = now() + PAUSE
                self._failed_at.set_to_current_time()
            elif for_good or (failures >= settings.GEMINI_BREAKER_FAILURES and 2 * failures >= len(self._ended)):
                self._probe_at = now() + PAUSE
                self._failed_at.set_to_current_time()
                log.warning("model_is_left_alone", model=self._model, failures=failures)

    def _count(self, *, failed: bool) -> None:
        self._ended.append((now(), failed))
        while self._ended[0][0] < now() - WINDOW:
            self._ended.popleft()


_breakers: dict[str, ModelBreaker] = {}


def breaker_for_model(model: str) -> ModelBreaker:
    """The one breaker that this process has for a model."""
    return _breakers.setdefault(model, ModelBreaker(model))


def reset() -> None:
    """Forget everything."""
    _breakers.clear()
