"""How long rows are kept, and their deletion in small batches, so that no lock is held long."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.idempotency import KEPT
from accounts.models import IdempotencyKey, OneTimeCode, Session, Tries, User
from accounts.tokens import REFRESH_LIFETIME

BATCH: Final = 1000

CODES: Final = timedelta(days=2)
"""The longest ceiling counts one day."""

SESSIONS: Final = timedelta(days=90)
"""After a session's end, for questions about who was signed in when."""

TRIES: Final = timedelta(days=30)


def purge() -> dict[str, int]:
    """Delete what is kept no longer, and return the number of rows by model."""
    return {rows.model.__name__: delete_in_batches(rows) for rows in _outdated()}


def _outdated() -> Iterator[QuerySet[Any]]:
    yield OneTimeCode.objects.filter(created_at__lt=Now() - CODES)
    yield IdempotencyKey.objects.filter(created_at__lt=Now() - KEPT)
    yield Session.objects.filter(
        Q(revoked_at__lt=Now() - SESSIONS) | Q(rotated_at__lt=Now() - SESSIONS - REFRESH_LIFETIME)
    )
    # The failures of an account are consecutive however far apart, so they stay until a success.
    owner = User.objects.filter(mobile_number=OuterRef("number"))
    unlocked = Q(locked_until=None) | Q(locked_until__lt=Now())
    yield Tries.objects.filter(unlocked, Q(failures=0) | ~Exists(owner), updated_at__lt=Now() - TRIES)


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete the rows, `BATCH` at a time and each time with what hangs on them; how many that were in all."""
    deleted = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.filter(pk__in=batch).delete()[0]
    return deleted
