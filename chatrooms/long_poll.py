"""`?wait=`: the answer in the answer, for clients that cannot stream."""

import threading
import time
from typing import Final

from django.conf import settings
from django.db import connection

from chatrooms.models import Reply

LONGEST: Final = 25
"""Seconds. No request holds a thread of `web` for longer than 30 (BAR F2), and proxies give up soon after."""

FREE: Final = 8
"""Threads of a process of `web` that are never given to those who wait: one who finds no place is answered at once."""

FIRST_LOOK, LONGEST_PAUSE = 0.1, 0.5
"""Seconds. The row is asked, since it is the truth and there without Redis too."""

_places = threading.BoundedSemaphore(max(1, settings.WEB_THREADS - FREE))


def until_final(*, message_id: int, seconds: float) -> None:
    """Return when the current reply to a message has its end, or `seconds` later, whichever is first."""
    if not seconds or not _places.acquire(blocking=False):
        return
    try:
        _wait(message_id, give_up_at=time.monotonic() + seconds)
    finally:
        _places.release()


def _wait(message_id: int, *, give_up_at: float) -> None:
    pause = FIRST_LOOK
    while Reply.objects.filter(answers_id=message_id, is_current=True).unfinished().exists():
        left = give_up_at - time.monotonic()
        if left <= 0:
            return
        if not connection.in_atomic_block:
            connection.close()  # back to the pool: who waits holds a thread, and no connection
        time.sleep(min(pause, left))
        pause = min(1.3 * pause, LONGEST_PAUSE)
