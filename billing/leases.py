"""Locks that are rows with an expiry time.

The work under a lease calls Stripe, which may take seconds. A lock in the database would keep a connection, or even a
transaction, open as long. A lease keeps neither, expires if its holder dies, and a holder that is too late notices
before it writes (`confirm`).
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
from config.infrastructure import turns

POLL_INTERVAL: Final = 0.05
"""Seconds between two attempts to acquire a lease that is held."""


class LeaseBusy(Exception):
    """Another holder had the lease during the whole wait."""


class LeaseLost(Exception):
    """The lease expired and has another holder; what was read under it may be out of date."""


@dataclass(frozen=True, slots=True)
class HeldLease:
    name: str
    token: UUID

    def confirm(self) -> None:
        """Lock the lease until the transaction ends, so that it cannot be acquired before the writes are committed.

        Raises:
            LeaseLost: it has another holder.
        """
        if not Lease.objects.select_for_update().filter(pk=self.name, token=self.token).exists():
            raise LeaseLost(self.name)


@contextmanager
def hold(*, name: str, seconds: float, wait: float) -> Iterator[HeldLease]:
    """Hold the lease `name` for at most `seconds`; wait at most `wait` seconds for it.

    Do not call it in a transaction: other processes would not see the lease before the commit.

    Raises:
        LeaseBusy: it was held by another for all of `wait`.
    """
    held = _wait_for(name, seconds, time.monotonic() + wait)
    try:
        yield held
    finally:
        release(held)


def try_acquire(*, name: str, seconds: float) -> HeldLease | None:
    """Acquire the lease `name` for at most `seconds`, or return None if it is held; end it with `release`.

    In a transaction that is rolled back, the lease is, too.
    """
    return _acquire(name, seconds)


def release(held: HeldLease) -> None:
    """End a lease; if it has been lost, its new holder keeps it."""
    Lease.objects.filter(pk=held.name, token=held.token).delete()


def is_held(*, name: str) -> bool:
    return Lease.objects.filter(pk=name, until__gt=Now()).exists()


def _wait_for(name: str, seconds: float, deadline: float) -> HeldLease:
    while not (held := _acquire(name, seconds)):
        if time.monotonic() > deadline:
            raise LeaseBusy(name)
        connection.close()  # so that the pool can use it during the wait
        with turns.let_others_run():
            time.sleep(POLL_INTERVAL)
    return held


def _acquire(name: str, seconds: float) -> HeldLease | None:
    """Insert the row, or take it over if it has expired, in one statement."""
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
        return HeldLease(name, token) if cursor.rowcount else None


def outdated() -> "QuerySet[Lease]":
    """Leases that expired a day ago: their holders died."""
    return Lease.objects.filter(until__lt=Now() - timedelta(days=1))
