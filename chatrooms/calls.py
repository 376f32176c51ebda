"""A call to the model, whoever makes it: closed and counted however it ends, and written down with patience."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from django.db import connections

from billing import budget
from config.errors import DATABASE_AWAY
from gemini.client import ReplyStream

WRITE_FOR: Final = 60.0
"""Seconds for which what a call has led to is tried to be written while the database is away: it is paid for."""

PAUSE: Final = 0.5
"""Seconds between two tries."""

Outcome = TypeVar("Outcome")


@contextmanager
def counted(stream: ReplyStream, *, user_id: int) -> Iterator[None]:
    """Close the call and count its tokens, however it ends: they are paid for."""
    try:
        with stream:
            yield
    finally:
        spent = stream.spent
        patiently(
            partial(
                budget.add,
                user_id=user_id,
                prompt_tokens=spent.prompt_tokens or 0,
                output_tokens=spent.output_tokens or 0,
            )
        )


def patiently(write: Callable[[], Outcome]) -> Outcome:
    """Write what a call has led to, for up to `WRITE_FOR` seconds while the database is away.

    The lease of a reply is renewed meanwhile, or the fence refuses the late write.
    """
    give_up_at = time.monotonic() + WRITE_FOR
    while True:
        try:
            return write()
        except DATABASE_AWAY:
            connections.close_all()
            if time.monotonic() > give_up_at:
                raise
            time.sleep(PAUSE)
