"""Circuit breakers. While a model is overloaded, calls go to the fallback or fail at once; while Google refuses the
installation itself, all fail at once.

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
    NoText,
    ProviderAuth,
    ProviderBilling,
    ProviderOverloaded,
    ProviderQuotaExhausted,
    ProviderRateLimited,
    ProviderTimeout,
    ReplyTooLong,
    UnknownFinish,
)

log = structlog.get_logger(__name__)

WINDOW_SECONDS: Final = 30.0
"""Outcomes older than this do not count: an overload lasts minutes, and one bad call an hour ago proves nothing."""

PROBE_SECONDS: Final = 15.0
"""From the opening of a breaker to the first probe, and from one probe to the next."""

OVERLOAD: Final = (ConnectionCut, ProviderOverloaded, ProviderTimeout)
"""Failures that count against a model. One that cannot be reached is as little use as one that is overloaded."""

RESPONDED: Final = (Blocked, BrokenReply, EmptyReply, MaxTokens, NoText, ReplyTooLong, UnknownFinish)
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


OF_ONE_MODEL: Final = ("permission", "quota")
"""Reasons for a refusal that may hold for one model or tool alone, and so stop nobody else."""


class InstallationBreaker:
    """Repeats the vendor's refusal of the installation (its key, its credit) without a call, but for a probe.

    Such a refusal holds for all models and for every user, and ends only when an operator acts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusal: ProviderAuth | ProviderBilling | None = None
        self._probe_at = 0.0

    @contextmanager
    def record_outcome(self) -> Iterator[None]:
        """Let the call in the block run, or raise the last refusal again."""
        self._raise_if_refused()
        try:
            yield
        except (ProviderAuth, ProviderBilling) as error:
            if error.reason not in OF_ONE_MODEL:
                self._refused(error)
            raise
        else:
            self.reset()  # any other failure proves nothing of the key

    def reset(self) -> None:
        with self._lock:
            if self._refusal:
                log.info("provider_accepts_again")
                metrics.provider_refused.set(0)
            self._refusal = None

    def _raise_if_refused(self) -> None:
        with self._lock:
            if self._refusal is None:
                return
            if now() >= self._probe_at:
                self._probe_at = now() + PROBE_SECONDS
                return
            refusal = self._refusal
        raise refusal.again()

    def _refused(self, error: ProviderAuth | ProviderBilling) -> None:
        with self._lock:
            self._refusal, self._probe_at = error, now() + PROBE_SECONDS
        log.error("provider_refuses_installation", code=error.code, reason=error.reason)
        metrics.provider_refused.set_to_current_time()


installation = InstallationBreaker()
"""Of this process."""

_breakers: dict[str, ModelBreaker] = {}


def breaker_for_model(model: str) -> ModelBreaker:
    """Return the breaker that all threads of this process share for a model."""
    return _breakers.setdefault(model, ModelBreaker(model))


def reset() -> None:
    _breakers.clear()
    installation.reset()
