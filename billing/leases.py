"""Locks that are rows with an end.

What is done under one asks Stripe, which may take seconds. A lock of the database would hold a connection, or worse a
transaction, as long; a lease holds neither, ends by itself when its holder dies, and a holder that was late finds out
(`confirm`) before it writes.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from billing.models import Lease

LOOK_EVERY: Final = 0.05
"""Seconds between two looks at a lease that somebody else holds."""


class LeaseBusy(Exception):
    """Somebody else holds it, and held it all the time that the caller waited."""


class LeaseLost(Exception):
    """It ended, and somebody else took it; what was asked under it may be out of date."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease in the hand of its holder."""

    name: str
    token: UUID

    def confirm(self) -> None:
        """Lock the lease until the transaction ends, so that nobody can take it before what is written commits.

        Raises:
            LeaseLost: somebody else has it.
        """
        if not Lease.objects.select_for_update().filter(pk=self.name, token=self.token).exists():
            raise LeaseLost(self.name)


@contextmanager
def hold(*, name: str, seconds: float, wait: float) -> Iterator[Held]:
    """Hold the lease `name` for at most `seconds`, after waiting at most `wait` seconds for it.

    Not to be called in a transaction: nobody else would see the lease before that commits.

    Raises:
        LeaseBusy: it was not free within `wait`.
    """
    held = _wait_for(name, seconds, time.monotonic() + wait)
    try:
        yield held
    finally:
        release(held)


def try_hold(*, name: str, seconds: float) -> Held | None:
    """Take the lease `name` for at most `seconds` if nobody has it; also in a transaction, with which it is given up.

    Whoever has it gives it back with `release`.
    """
    return _take(name, seconds)


def release(held: Held) -> None:
    """Give a lease back; one that was lost meanwhile is left to its holder."""
    Lease.objects.filter(pk=held.name, token=held.token).delete()


def is_held(*, name: str) -> bool:
    """Whether somebody holds the lease `name` now."""
    return Lease.objects.filter(pk=name, until__gt=Now()).exists()


def _wait_for(name: str, seconds: float, deadline: float) -> Held:
    while not (held := _take(name, seconds)):
        if time.monotonic() > deadline:
            raise LeaseBusy(name)
        connection.close()  # it goes back to the pool while this waits
        time.sleep(LOOK_EVERY)
    return held


def _take(name: str, seconds: float) -> Held | None:
    """Make the row, or take it over from one whose time is over; one statement decides."""
    token = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO billing_lease AS lease (name, token, until)
            VALUES (%(name)s, %(token)s, statement_timestamp() + make_interval(secs => %(seconds)s))
            ON CONFLICT (name) DO UPDATE SET token = excluded.token, until = excluded.until
            WHERE lease.until < statement_timestamp()
            """,
            {"name": name, "token": token, "seconds": seconds},
        )
        return Held(name, token) if cursor.rowcount else None


def outdated() -> "QuerySet[Lease]":
    """The leases whose holders died and that nobody has taken since."""
    return Lease.objects.filter(until__lt=Now() - timedelta(days=1))
