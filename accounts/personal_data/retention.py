"""How long rows are kept, and their deletion in small batches, so that no lock is held long.

Every app registers what it keeps for a time only, as it registers its steps of an erasure; a periodic task and
`manage.py purge` go through all of it.
"""

from datetime import timedelta
from typing import Any, Final

from axes.models import AccessAttempt, AccessFailureLog
from django.conf import settings
from django.contrib.sessions.models import Session as AdminSession
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django_celery_results.models import TaskResult

from accounts.idempotency import KEPT
from accounts.models import (
    ApiKey,
    FailedAttempts,
    IdempotencyKey,
    OneTimeCode,
    Session,
    StaffAction,
    User,
    WebhookDelivery,
    WebhookEndpoint,
)
from accounts.personal_data import registry
from accounts.tokens import REFRESH_LIFETIME

BATCH: Final = 1000

CODES: Final = timedelta(days=2)
"""The longest ceiling counts one day."""

FAILED_ATTEMPTS: Final = timedelta(days=30)
"""Of a phone number without an account; and of sign-ins to the admin, whose lock ends after minutes."""


def delete_in_batches(rows: QuerySet[Any]) -> int:
    """Delete the rows, `BATCH` at a time and each time with what hangs on them; how many that were in all."""
    deleted = 0
    while batch := list(rows.values_list("pk", flat=True)[:BATCH]):
        deleted += rows.filter(pk__in=batch).delete()[0]
    return deleted


def purge() -> dict[str, int]:
    """Delete what has expired, and return the number of rows by name."""
    outdated = ((step, step.outdated()) for step in registry.retention_steps)
    return {step.name: (step.delete or delete_in_batches)(rows) for step, rows in outdated if rows is not None}


def count() -> dict[str, int | None]:
    """How many rows `purge` would find now, without the rows that hang on them; None for what is kept for ever."""
    outdated = ((step, step.outdated()) for step in registry.retention_steps)
    return {step.name: None if rows is None else rows.count() for step, rows in outdated}


def codes() -> QuerySet[Any]:
    """One-time codes that no ceiling counts any more."""
    return OneTimeCode.objects.filter(created_at__lt=Now() - CODES)


def idempotency_keys() -> QuerySet[Any]:
    """Keys whose requests may be repeated no longer."""
    return IdempotencyKey.objects.filter(created_at__lt=Now() - KEPT)


def sessions() -> QuerySet[Any]:
    """Sessions that ended so long ago that it no longer matters who was signed in then."""
    kept = settings.RETAIN_SESSIONS
    return Session.objects.filter(Q(revoked_at__lt=Now() - kept) | Q(rotated_at__lt=Now() - kept - REFRESH_LIFETIME))


def api_keys() -> QuerySet[Any]:
    """API keys that ended as long ago."""
    kept = settings.RETAIN_SESSIONS
    return ApiKey.objects.filter(Q(revoked_at__lt=Now() - kept) | Q(expires_at__lt=Now() - kept))


def webhook_deliveries() -> QuerySet[Any]:
    """What webhooks were told so long ago that nobody replays it."""
    return WebhookDelivery.objects.filter(occurred_at__lt=Now() - settings.RETAIN_WEBHOOK_DELIVERIES)


def parted_webhook_endpoints() -> QuerySet[Any]:
    """Endpoints of erased accounts that were told of the erasure, or cannot be."""
    waiting = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), status=WebhookDelivery.Status.PENDING)
    return WebhookEndpoint.objects.filter(~Exists(waiting), user=None)


def failed_attempts() -> QuerySet[Any]:
    """Counts of failed attempts, except those of accounts: they count as consecutive, however far apart, until a
    success.
    """
    owner = User.objects.filter(mobile_number=OuterRef("mobile_number"))
    unlocked = Q(locked_until=None) | Q(locked_until__lt=Now())
    return FailedAttempts.objects.filter(
        unlocked, Q(failures=0) | ~Exists(owner), updated_at__lt=Now() - FAILED_ATTEMPTS
    )


def staff_actions() -> QuerySet[Any] | None:
    """What the staff did, long ago."""
    kept = settings.RETAIN_STAFF_ACTIONS
    return None if kept is None else StaffAction.objects.filter(created_at__lt=Now() - kept)


def admin_sessions() -> QuerySet[Any]:
    """Expired sessions of staff in the admin."""
    return AdminSession.objects.filter(expire_date__lt=Now())


def admin_failed_attempts() -> QuerySet[Any]:
    """What the lock on sign-ins to the admin counts (django-axes)."""
    rows: QuerySet[Any] = AccessAttempt.objects.filter(attempt_time__lt=Now() - FAILED_ATTEMPTS)
    return rows


def admin_failure_log() -> QuerySet[Any]:
    rows: QuerySet[Any] = AccessFailureLog.objects.filter(attempt_time__lt=Now() - FAILED_ATTEMPTS)
    return rows


def task_results() -> QuerySet[Any]:
    """How periodic tasks went."""
    return TaskResult.objects.filter(date_done__lt=Now() - settings.RETAIN_RESULTS)
