"""`?wait=`: a response that waits for the reply, for clients that cannot stream."""

import threading
import time
from typing import Final

from django.conf import settings
from django.db import connection

from chatrooms.models import Reply
from config.infrastructure import turns

MAX_WAIT: Final = 25
"""Seconds. No request may hold a thread of `web` for longer than 30, and proxies give up soon after that."""

RESERVED_THREADS: Final = 8
"""Threads of a `web` process that never wait. A request that finds all other threads waiting returns at once."""

FIRST_PAUSE, MAX_PAUSE = 0.1, 0.5
"""Seconds between two queries. The row is polled, since it is the truth and available without Redis."""

_slots = threading.BoundedSemaphore(max(1, settings.WEB_THREADS - RESERVED_THREADS))


def until_final(*, message_id: int, seconds: float) -> None:
    """Return when the current reply to a message is final, or after `seconds`, whichever is first."""
    if not seconds or not _slots.acquire(blocking=False):
        return
    try:
        _wait(message_id, deadline=time.monotonic() + seconds)
    finally:
        _slots.release()


def _wait(message_id: int, *, deadline: float) -> None:
    pause = FIRST_PAUSE
    while Reply.objects.filter(answers_id=message_id, is_current=True).without_text().exists():
        left = deadline - time.monotonic()
        if left <= 0:
            return
        if not connection.in_atomic_block:
            connection.close()  # back to the pool: a request that waits holds a thread, but no connection
        with turns.let_others_run():
            time.sleep(min(pause, left))
        pause = min(1.3 * pause, MAX_PAUSE)
