"""One client at the hub, with the entries that it has not been sent yet."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final
from uuid import UUID

from chatrooms.stream_entries import Entry

MAX_PENDING_BYTES: Final = 256 * 1024
"""How far a client may be behind before it is dropped, on top of the socket's own buffers."""

MAX_COUNTED_BYTES: Final = 64 * 1024
"""How much of one entry counts: a model that does not stream writes its reply in one entry, followed by the end."""


class Subscriber:
    """A queue of entries, and flags for what else the client's task has to act on.

    Attributes:
        is_slow: too much was pending, so the pending entries were dropped.
        is_cut_off: Redis became unavailable, or the process is being stopped.
        is_reply_over: the database says that the reply has ended, or is gone.
        is_signed_out: the session or API key has ended.
    """

    __slots__ = (
        "_changed",
        "_deliver",
        "_pending",
        "_pending_bytes",
        "bearer_id",
        "is_cut_off",
        "is_reply_over",
        "is_signed_out",
        "is_slow",
        "reply_id",
    )

    def __init__(self, *, reply_id: int, bearer_id: UUID) -> None:
        self.reply_id, self.bearer_id = reply_id, bearer_id
        self._pending: deque[Entry] = deque()
        self._pending_bytes = 0
        self._changed = asyncio.Event()
        self._deliver: Callable[[Entry], bool] | None = None
        self.is_slow = self.is_cut_off = self.is_reply_over = self.is_signed_out = False

    def add(self, entry: Entry, size: int) -> None:
        """Deliver an entry at once if the client's task waits for one, else queue it, unless too much is pending."""
        if self._deliver and not self._changed.is_set() and self._deliver(entry):
            return
        self._pending_bytes += min(size, MAX_COUNTED_BYTES)
        if self._pending_bytes > MAX_PENDING_BYTES:
            self.is_slow = True
            self._pending.clear()
        else:
            self._pending.append(entry)
        self._changed.set()

    def set_flags(self, **flags: bool) -> None:
        """Set some of the attributes, and wake the client's task."""
        for name, value in flags.items():
            setattr(self, name, value)
        self._changed.set()

    async def next_entries(self, deliver: Callable[[Entry], bool] | None = None) -> list[Entry]:
        """Wait until there are new entries or flags; return all pending entries.

        Args:
            deliver: called for each entry that comes meanwhile, in place of queueing it and waking the task, unless it
                returns False: to switch to a task costs more than to write what it would.
        """
        self._deliver = deliver
        try:
            await self._changed.wait()
        finally:
            self._deliver = None
        self._changed.clear()
        entries = list(self._pending)
        self._pending.clear()
        self._pending_bytes = 0
        return entries
