"""Stripe's events: recorded once, processed at least once, and never forgotten.

The row is what counts; the task that processes it is only the quick way, and a sweep finds what that lost.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from billing import mirror, payment_issues
from billing.exceptions import PaymentProviderAway
from billing.leases import LeaseBusy, LeaseLost
from billing.models import StripeEvent, StripeEventQuerySet
from config.celery import publish
from config.http.problems import Problem
from config.observability import metrics

log = structlog.get_logger(__name__)

PROCESS: Final = "billing.tasks.process_event"
AWAY: Final = timedelta(seconds=10)
"""How long all events wait when Stripe does not answer one of them."""

BUSY: Final = timedelta(seconds=1)
MAX_ATTEMPTS: Final = 12
"""Failures of an event's own (about five hours of them), after which it waits for a person."""

LONGEST_PAUSE: Final = 3600
BATCH: Final = 200


def record(event: Mapping[str, Any]) -> StripeEvent | None:
    """Store which event came; None if it had come before. The caller has checked its signature."""
    subject = event["data"]["object"]
    customer = subject.get("id") if subject.get("object") == "customer" else subject.get("customer")
    if payment_issues.is_told_by(event_type=event["type"]):
        customer = ""  # what there is to ask about is its object
    row, is_new = StripeEvent.objects.get_or_create(
        event_id=_short(event["id"]),
        defaults={
            "type": _short(event["type"])[:80],
            "customer_id": _short(customer.get("id") if isinstance(customer, Mapping) else customer),
            "object_id": _short(subject.get("id")),
        },
    )
    return row if is_new else None


def process(*, event_id: int) -> str:
    """Process one event now, and say in a word how that went; failures stay with the row."""
    event = StripeEvent.objects.waiting().filter(pk=event_id).first()
    if event is None:
        return "done"
    pause = min(2**event.attempts, LONGEST_PAUSE)
    # Further ahead than a sweep puts it: another copy of the task is at it, or it failed and its pause goes on.
    mine = StripeEvent.objects.filter(pk=event_id, next_attempt_at__lte=Now() + AWAY, attempts=event.attempts)
    if not mine.update(attempts=F("attempts") + 1, next_attempt_at=Now() + timedelta(seconds=mirror.LEASE + pause)):
        return "taken"
    row = StripeEvent.objects.waiting().filter(pk=event_id)
    try:
        done = _refresh(event)
    except (LeaseBusy, LeaseLost):
        row.update(attempts=event.attempts, next_attempt_at=Now() + BUSY)
        return "busy"
    except PaymentProviderAway as error:
        metrics.webhook_failures.labels("away").inc()
        row.update(attempts=event.attempts, error=error.code)
        StripeEvent.objects.waiting().update(next_attempt_at=Now() + AWAY)
        return "away"
    except Exception as error:  # noqa: BLE001  whatever it is, it must stay visible at the row
        return _failed(row, event, error, pause)
    _end(done)
    return "done"


def due_ids() -> list[int]:
    """The ids of the next events to be processed now, the most overdue first; at most `BATCH`."""
    return list(StripeEvent.objects.due().order_by("next_attempt_at").values_list("pk", flat=True)[:BATCH])


def sweep() -> int:
    """Publish again what is due; how many."""
    published = 0
    for event_id in due_ids():
        if not publish(PROCESS, event_id):
            break
        # So that a long queue does not fill up with copies of itself.
        StripeEvent.objects.due().filter(pk=event_id).update(next_attempt_at=Now() + AWAY)
        published += 1
    return published


def replay(events: StripeEventQuerySet) -> int:
    """Have these processed (again), failed and finished ones alike; how many."""
    return events.update(next_attempt_at=Now(), attempts=0, processed_at=None, error="")


def outdated() -> StripeEventQuerySet:
    """Processed events whose time is over."""
    return StripeEvent.objects.filter(processed_at__isnull=False, received_at__lt=Now() - settings.RETAIN_STRIPE_EVENTS)


def _refresh(event: StripeEvent) -> StripeEventQuerySet:
    """Ask Stripe, and return the events that this answers: all of the customer that had come before the asking."""
    if not event.customer_id:
        if payment_issues.is_told_by(event_type=event.type):
            payment_issues.refresh(event_type=event.type, object_id=event.object_id)
        elif event.type.startswith("price."):
            mirror.refresh_price(price_id=event.object_id)
        elif event.type.startswith("product."):
            mirror.refresh_product(product_id=event.object_id)
        return StripeEvent.objects.filter(pk=event.pk)
    waiting = StripeEvent.objects.waiting().filter(customer_id=event.customer_id)
    answered = list(waiting.values_list("pk", flat=True))
    if not mirror.refresh_customer(customer_id=event.customer_id):
        # Deleted, or never ours: there is nothing to ask about it again, so its ids need not lie about.
        StripeEvent.objects.filter(pk__in=answered).update(customer_id="", object_id="")
    return StripeEvent.objects.filter(pk__in=answered)


def _end(done: StripeEventQuerySet) -> None:
    """Mark these as processed, but for those that another worker has answered meanwhile."""
    with transaction.atomic():
        waiting = done.waiting().order_by("pk").select_for_update()
        ended = list(waiting.values_list("pk", flat=True))
        rows = StripeEvent.objects.filter(pk__in=ended)
        rows.update(processed_at=Now(), next_attempt_at=None, error="")
    for lag in rows.values_list(F("processed_at") - F("received_at"), flat=True):
        if lag is not None:  # somebody may have it processed again already
            metrics.webhook_lag_seconds.observe(lag.total_seconds())


def _failed(row: StripeEventQuerySet, event: StripeEvent, error: Exception, pause: int) -> str:
    code = error.code if isinstance(error, Problem) else type(error).__name__
    last = event.attempts + 1 >= MAX_ATTEMPTS
    metrics.webhook_failures.labels("given_up" if last else "failed").inc()
    log.error("stripe_event_failed", event_id=event.pk, cause=code, given_up=last)
    row.update(error=code[:80], next_attempt_at=None if last else Now() + timedelta(seconds=pause))
    return "failed"


def _short(value: object) -> str:
    """An id or a name as PostgreSQL can hold it; nothing if it is not even a text."""
    text = value if isinstance(value, str) else ""
    return text.encode(errors="replace").decode().replace("\0", "")[:255]
