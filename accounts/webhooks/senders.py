"""The threads that send, in the background of the worker for the queue `default`.

A receiver may take fifteen seconds to say nothing, and the queue has two processes. So a task only wakes threads, and
ends at once: no code, erasure or payment waits for a receiver. Each thread takes what is due until nothing is.

Few of the threads may send to an endpoint that is not known to be prompt. So however many receivers are slow, and
however many users they are of, they hold those few, and the others send to everybody else.
"""

import threading
from typing import Final

import structlog
from django.db import connections

from accounts.webhooks import sending
from config.infrastructure.database import DATABASE_UNAVAILABLE

log = structlog.get_logger(__name__)

MOST: Final = 12
"""Threads per process. Each holds a connection to the database only before and after its request."""

MOST_TO_SLOW: Final = 3
"""Of these threads, so many at a time may send to endpoints that are not known to be prompt."""

_lock: Final = threading.Lock()
_may_be_slow: Final = threading.BoundedSemaphore(MOST_TO_SLOW)
_running = 0


def wake() -> int:
    """Start a thread, unless `MOST` are running; how many are running then."""
    global _running  # noqa: PLW0603  one number for the process
    with _lock:
        if _running < MOST:
            threading.Thread(target=_run, name="webhook-sender", daemon=True).start()
            _running += 1
        return _running


def _run() -> None:
    global _running  # noqa: PLW0603
    try:
        while _send():
            pass
    except DATABASE_UNAVAILABLE as error:
        log.warning("webhook_sender_stopped", cause=type(error).__name__)
    except Exception:
        log.exception("webhook_sender_stopped")
    finally:
        connections.close_all()
        with _lock:
            _running -= 1


def _send() -> bool:
    """Send what has waited longest, of what this thread may; False if that is nothing."""
    may_be_slow = _may_be_slow.acquire(blocking=False)
    try:
        delivery = sending.claim(to_slow=may_be_slow)
        if delivery is None:
            return False
        if may_be_slow and sending.is_prompt(delivery.endpoint):
            _may_be_slow.release()
            may_be_slow = False
        connections.close_all()
        wake()  # there may be more, for which nobody should wait until this receiver has answered
        sending.record(delivery, sending.attempt(delivery))
        return True
    finally:
        if may_be_slow:
            _may_be_slow.release()
