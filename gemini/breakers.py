"""One circuit breaker for each model: calls go to the fallback, or fail at once, while a model is overloaded.

Our own, since pybreaker holds its lock during the call. Each process learns for itself, at the cost of a few calls.
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

WINDOW_SECONDS: Final = 30.0
"""Outcomes older than this do not count: an overload lasts minutes, and one bad call an hour ago proves nothing."""

PROBE_SECONDS: Final = 15.0
"""From the opening of a breaker to the first probe, and from one probe to the next."""

OVERLOAD: Final = (ConnectionCut, ProviderOverloaded, ProviderTimeout)
"""Failures that count against a model. One that cannot be reached is as little use as one that is overloaded."""

RESPONDED: Final = (Blocked, BrokenReply, EmptyReply, MaxTokens, ReplyTooLong)
"""No reply for the user, but the model works. All other failures prove nothing about its load."""


def now() -> float:
    """Seconds on a clock that only runs forward."""
    return time.monotonic()


class ModelBreaker:
    def __init__(self, model: str) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._outcomes: deque[tuple[float, bool]] = deque()
        self._probe_at: float | None = None  # None while the breaker is closed
        self._failed_at = metrics.model_failed.labels(metrics.model_label(model))

    def allows(self) -> bool:
        """Whether the model may be called now. While the breaker is open, one call every `PROBE_SECONDS` may."""
        with self._lock:
            if self._probe_at is None:
                return True
            if now() < self._probe_at:
                return False
            self._probe_at = now() + PROBE_SECONDS
            return True

    @contextmanager
    def record_outcome(self, *, has_fallback: bool) -> Iterator[None]:
        """Learn from the outcome of the call in the block; a cancelled call does not count.

        A limit per minute counts as an overload only if there is a fallback. Without one the reply is retried after the
        time that the vendor names.
        """
        try:
            yield
        except ProviderRateLimited:
            if has_fallback:
                self._failed(opens_at_once=False)
            raise
        except OVERLOAD:
            self._failed(opens_at_once=False)
            raise
        except ProviderQuotaExhausted:
            self._failed(opens_at_once=True)
            raise
        except RESPONDED:
            self._succeeded()
            raise
        else:
            self._succeeded()

    def _succeeded(self) -> None:
        with self._lock:
            if self._probe_at is not None:
                self._probe_at = None
                self._outcomes.clear()
                self._failed_at.set(0)
                log.info("model_breaker_closed", model=self._model)
            self._add_outcome(failed=False)

    def _failed(self, *, opens_at_once: bool) -> None:
        """Open at GEMINI_BREAKER_FAILURES in the window, if they are at least half of it: one or two may be chance."""
        with self._lock:
            self._add_outcome(failed=True)
            failures = sum(failed for _, failed in self._outcomes)
            is_overloaded = failures >= settings.GEMINI_BREAKER_FAILURES and 2 * failures >= len(self._outcomes)
            if self._probe_at is not None:
                self._probe_at = now() + PROBE_SECONDS
                self._failed_at.set_to_current_time()
            elif opens_at_once or is_overloaded:
                self._probe_at = now() + PROBE_SECONDS
                self._failed_at.set_to_current_time()
                log.warning("model_breaker_opened", model=self._model, failures=failures)

    def _add_outcome(self, *, failed: bool) -> None:
        self._outcomes.append((now(), failed))
        while self._outcomes[0][0] < now() - WINDOW_SECONDS:
            self._outcomes.popleft()


_breakers: dict[str, ModelBreaker] = {}


def breaker_for_model(model: str) -> ModelBreaker:
    """Return the breaker that all threads of this process share for a model."""
    return _breakers.setdefault(model, ModelBreaker(model))


def reset() -> None:
    _breakers.clear()
