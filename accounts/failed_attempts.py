"""Failed attempts at a phone number. Each is counted before it is evaluated, so that parallel ones are counted too."""

from datetime import timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts import audit
from accounts.exceptions import TooManyFailedAttempts
from accounts.models import FailedAttempts

MAX_FAILURES: Final = 100
"""Consecutive failures, ever: NIST SP 800-63B-4 section 3.2.2. After them the number stays locked until its owner sets
a new password by code (which ends the lock of passwords) or staff deletes the row."""

FOR_GOOD: Final = timedelta(days=3650)
CODES_A_DAY: Final = 20
FREE_PASSWORDS: Final = 5
DAY_IN_MINUTES: Final = 24 * 60


def _lock_after(failures: int, kind: FailedAttempts.Kind) -> timedelta:
    """Return how long the n-th consecutive failure locks the number.

    Codes: each 20th failure locks for a day, then two, then four. Passwords: from the fifth on, a minute, then two,
    doubling up to a day.
    """
    if failures >= MAX_FAILURES:
        return FOR_GOOD
    if kind == FailedAttempts.Kind.CODE:
        full, rest = divmod(failures, CODES_A_DAY)
        return timedelta(days=2 ** (full - 1)) if full and not rest else timedelta()
    beyond = failures - FREE_PASSWORDS
    return timedelta(minutes=min(2**beyond, DAY_IN_MINUTES)) if beyond >= 0 else timedelta()


LOCKS: Final = {
    kind: [int(_lock_after(failures, kind).total_seconds()) for failures in range(1, MAX_FAILURES + 1)]
    for kind in FailedAttempts.Kind
}
"""Seconds of lock by the number of failures, the first entry for one failure."""

COUNT: Final = """
    INSERT INTO accounts_tries AS known (number, kind, failures, updated_at)
    VALUES (%(number)s, %(kind)s, 1, statement_timestamp())
    ON CONFLICT (number, kind) DO UPDATE SET
        failures = known.failures + 1,
        updated_at = statement_timestamp(),
        locked_until = statement_timestamp()
            + NULLIF((%(locks)s::bigint[])[LEAST(known.failures + 1, %(most)s)], 0) * interval '1 second'
    WHERE known.locked_until IS NULL OR known.locked_until <= statement_timestamp()
    RETURNING locked_until
"""


def count(*, mobile_number: str, kind: FailedAttempts.Kind) -> None:
    """Count an attempt as failed, before it is evaluated; `reset` clears the count if it succeeds.

    Raises:
        TooManyFailedAttempts: the number is locked; nothing was counted.
    """
    parameters: dict[str, Any] = {
        "number": mobile_number,
        "kind": kind.value,
        "locks": LOCKS[kind],
        "most": MAX_FAILURES,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, parameters)
        row = cursor.fetchone()
    if row is None:
        refuse_locked(mobile_number=mobile_number, kind=kind)
        raise TooManyFailedAttempts(retry_after=1)  # the lock ended between the two statements
    if row[0] is not None:
        audit.record("locked", kind=kind.value)


def refuse_locked(*, mobile_number: str, kind: FailedAttempts.Kind) -> None:
    """Pass unless the number is locked.

    Raises:
        TooManyFailedAttempts: it is; `retry_after` is the rest of the lock.
    """
    locked = FailedAttempts.objects.filter(mobile_number=mobile_number, kind=kind, locked_until__gt=Now())
    rest = locked.values_list(F("locked_until") - Now(), flat=True).first()
    if rest is not None:
        raise TooManyFailedAttempts(retry_after=rest.total_seconds())


def reset(*, mobile_number: str, kind: FailedAttempts.Kind) -> None:
    """Clear the count and the lock after a success."""
    FailedAttempts.objects.filter(mobile_number=mobile_number, kind=kind).update(
        failures=0, locked_until=None, updated_at=Now()
    )
