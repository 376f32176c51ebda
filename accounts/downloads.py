"""Downloads of exports: read from the database page by page, and limited per account.

A slow client can make a download last long. It occupies a thread of `web` all the time, so an account may have only a
few at once. It holds no database connection between pages, because there are fewer connections than threads.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.core.cache import cache
from django.db import connection
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from accounts.exceptions import TooManyDownloads

AT_ONCE: Final = 2
"""Downloads of one account."""

LONGEST: Final = 15 * 60
"""Seconds after which a download no longer counts, in case its process was killed."""

PAGE: Final = 500
"""Rows fetched at a time."""


def respond(parts: Iterable[str], *, user_id: int, content_type: str, filename: str) -> StreamingHttpResponse:
    """Send a document a part at a time.

    Raises:
        TooManyDownloads: the account has `AT_ONCE` in progress. While Redis is unavailable there is no limit.
    """
    slot = _take_slot(user_id)
    response = StreamingHttpResponse(_Download(parts, slot), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def in_pages(queryset: QuerySet[Any], *, size: int = PAGE) -> Iterator[Any]:
    """The rows of a query by primary key, a page at a time; the connection goes back to the pool in between.

    No cursor of the server's stays open, so a pooler in transaction mode (PgBouncer) may stand in front.
    """
    ordered = rest = queryset.order_by("pk")
    is_last = False
    while not is_last:
        page = list(rest[:size])
        is_last = len(page) < size
        if not connection.in_atomic_block:
            connection.close()
        yield from page
        if page:
            last = page[-1]["pk"] if isinstance(page[-1], dict) else page[-1].pk
            rest = ordered.filter(pk__gt=last)


def _take_slot(user_id: int) -> tuple[str, str] | None:
    """The key of a free slot, and our mark in it; None while downloads are not counted."""
    mark = secrets.token_hex(8)
    for number in range(AT_ONCE):
        key = f"download:{user_id}:{number}"
        if cache.add(key, mark, timeout=LONGEST):
            return key, mark
    if cache.get(f"download:{user_id}:0") is None:  # Redis is unavailable, or a download has just ended
        return None
    raise TooManyDownloads(retry_after=10)


class _Download:
    """The parts of a document, which the server closes when the last is sent, or the client disconnects."""

    def __init__(self, parts: Iterable[str], slot: tuple[str, str] | None) -> None:
        self._parts, self._slot = iter(parts), slot

    def __iter__(self) -> Iterator[str]:
        return self._parts

    def close(self) -> None:
        """Free the slot, unless it expired and another download has it now."""
        slot, self._slot = self._slot, None
        if slot and cache.get(slot[0]) == slot[1]:
            cache.delete(slot[0])
