"""How long rows are kept, and their deletion in small batches, so that no lock is held long.

Every app registers what it keeps for a time only, as it registers its steps of an erasure; a periodic task and
`manage.py purge` go through all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from axes.models import AccessAttempt, AccessFailureLog
from django.conf import settings
from django.contrib.sessions.models import Session as DeskSession
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django_celery_results.models import TaskResult

from accounts.idempotency import KEPT
from accounts.models import IdempotencyKey, OneTimeCode, Session, StaffAction, Tries, User
from accounts.tokens import REFRESH_LIFETIME

BATCH: Final = 1000

CODES: Final = timedelta(days=2)
"""The longest ceiling counts one day."""

TRIES: Final = timedelta(days=30)
"""Of a number that is nobody's; and of the desk's sign-in, whose lock ends after minutes."""

Outdated = Callable[[], "QuerySet[Any] | None"]


@dataclass(frozen=True, slots=True)
class _Registered:
    outdated: Outdated
    delete: Callable[["QuerySet[Any]"], int]


_kept: dict[str, _Registered] = {}


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete the rows, `BATCH` at a time and each time with what hangs on them; how many that were in all."""
    deleted = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.filter(pk__in=batch).delete()[0]
    return deleted


def register(name: str, outdated: Outdated, *, delete: Callable[["QuerySet[Any]"], int] = delete_in_batches) -> None:
    """Add rows that are kept for a time only; called in `AppConfig.ready`.

    Args:
        name: of the rows, for the report.
        outdated: gives those whose time is over, or None if a setting says that they are kept for ever.
        delete: deletes them, and returns how many rows went.
    """
    _kept[name] = _Registered(outdated, delete)


def purge() -> dict[str, int]:
    """Delete what is kept no longer, and return the number of rows by name."""
    return {name: kept.delete(rows) for name, kept in _kept.items() if (rows := kept.outdated()) is not None}


def count() -> dict[str, int | None]:
    """How many rows `purge` would find now, not counting what hangs on them; None for what is kept for ever."""
    return {name: None if (rows := kept.outdated()) is None else rows.count() for name, kept in _kept.items()}


def codes() -> QuerySet[Any]:
    """One-time codes that no ceiling counts any more."""
    return OneTimeCode.objects.filter(created_at__lt=Now() - CODES)


def idempotency_keys() -> QuerySet[Any]:
    """Keys whose requests may be repeated no longer."""
    return IdempotencyKey.objects.filter(created_at__lt=Now() - KEPT)


def sessions() -> QuerySet[Any]:
    """Sessions that ended so long ago that nobody asks any more who was signed in then."""
    kept = settings.RETAIN_SESSIONS
    return Session.objects.filter(Q(revoked_at__lt=Now() - kept) | Q(rotated_at__lt=Now() - kept - REFRESH_LIFETIME))


def tries() -> QuerySet[Any]:
    """Counts of failed tries, but for an account's: those are consecutive however far apart, until a success."""
    owner = User.objects.filter(mobile_number=OuterRef("number"))
    unlocked = Q(locked_until=None) | Q(locked_until__lt=Now())
    return Tries.objects.filter(unlocked, Q(failures=0) | ~Exists(owner), updated_at__lt=Now() - TRIES)


def staff_actions() -> QuerySet[Any] | None:
    """What the staff did, long ago."""
    kept = settings.RETAIN_STAFF_ACTIONS
    return None if kept is None else StaffAction.objects.filter(created_at__lt=Now() - kept)


def desk_sessions() -> QuerySet[Any]:
    """The staff's sign-ins that have run out."""
    return DeskSession.objects.filter(expire_date__lt=Now())


def desk_tries() -> QuerySet[Any]:
    """Failed sign-ins at the desk."""
    rows: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__lt=Now() - TRIES)
    return rows


def desk_failures() -> QuerySet[Any]:
    """The log of these."""
    rows: QuerySet[Any] = AccessFailureLog.objects.filter(attempt_time__lt=Now() - TRIES)
    return rows


def task_results() -> QuerySet[Any]:
    """How periodic tasks went."""
    return TaskResult.objects.filter(date_done__lt=Now() - settings.RETAIN_RESULTS)
