"""Stripe's events: each is recorded once, and processed at least once.

The row says whether an event is still to be processed. A task is published for it at once, and a sweep publishes it
again if that task was lost.
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
from billing.exceptions import PaymentProviderUnavailable
from billing.leases import LeaseBusy, LeaseLost
from billing.models import StripeEvent, StripeEventQuerySet
from config.celery import publish
from config.http.problems import Problem
from config.observability import metrics

log = structlog.get_logger(__name__)

PROCESS: Final = "billing.tasks.process_event"
OUTAGE_PAUSE: Final = timedelta(seconds=10)
"""How long all events wait when Stripe is unavailable for one of them."""

BUSY_PAUSE: Final = timedelta(seconds=1)
MAX_ATTEMPTS: Final = 12
"""Failed attempts, about five hours of them, after which an event waits for staff. Outages of Stripe do not count."""

MAX_PAUSE: Final = 3600
BATCH: Final = 200


def record(event: Mapping[str, Any]) -> StripeEvent | None:
    """Store an event whose signature was verified; None if it is stored already."""
    subject = event["data"]["object"]
    customer = subject.get("id") if subject.get("object") == "customer" else subject.get("customer")
    if payment_issues.concerns(event_type=event["type"]):
        customer = ""  # its object is refreshed, not its customer
    row, is_new = StripeEvent.objects.get_or_create(
        event_id=_as_text(event["id"]),
        defaults={
            "type": _as_text(event["type"])[:80],
            "customer_id": _as_text(customer.get("id") if isinstance(customer, Mapping) else customer),
            "object_id": _as_text(subject.get("id")),
        },
    )
    return row if is_new else None


def process(*, event_id: int) -> str:
    """Process one event now. Returns `done`, `taken` (by another worker), `busy`, `away` (Stripe) or `failed`."""
    event = StripeEvent.objects.waiting().filter(pk=event_id).first()
    if event is None:
        return "done"
    pause = min(2**event.attempts, MAX_PAUSE)
    # If it is later than a sweep sets it, another copy of the task is processing it, or it waits after a failure.
    claimable = StripeEvent.objects.filter(
        pk=event_id, next_attempt_at__lte=Now() + OUTAGE_PAUSE, attempts=event.attempts
    )
    if not claimable.update(
        attempts=F("attempts") + 1, next_attempt_at=Now() + timedelta(seconds=mirror.LEASE + pause)
    ):
        return "taken"
    row = StripeEvent.objects.waiting().filter(pk=event_id)
    try:
        done = _refresh(event)
    except (LeaseBusy, LeaseLost):
        row.update(attempts=event.attempts, next_attempt_at=Now() + BUSY_PAUSE)
        return "busy"
    except PaymentProviderUnavailable as error:
        metrics.webhook_failures.labels("away").inc()
        row.update(attempts=event.attempts, error=error.code)
        StripeEvent.objects.waiting().update(next_attempt_at=Now() + OUTAGE_PAUSE)
        return "away"
    except Exception as error:  # noqa: BLE001  any failure has to show on the row
        return _failed(row, event, error, pause)
    _mark_processed(done)
    return "done"


def due_ids() -> list[int]:
    """The ids of the next events to be processed now, the most overdue first; at most `BATCH`."""
    return list(StripeEvent.objects.due().order_by("next_attempt_at").values_list("pk", flat=True)[:BATCH])


def sweep() -> int:
    """Publish the tasks of the events that are due; their number."""
    published = 0
    for event_id in due_ids():
        if not publish(PROCESS, event_id):
            break
        # So that a long queue is not filled with copies of the same tasks.
        StripeEvent.objects.due().filter(pk=event_id).update(next_attempt_at=Now() + OUTAGE_PAUSE)
        published += 1
    return published


def replay(events: StripeEventQuerySet) -> int:
    """Have these events processed again, in any state; their number."""
    return events.update(next_attempt_at=Now(), attempts=0, processed_at=None, error="")


def outdated() -> StripeEventQuerySet:
    """Processed events that are past their retention period."""
    return StripeEvent.objects.filter(processed_at__isnull=False, received_at__lt=Now() - settings.RETAIN_STRIPE_EVENTS)


def _refresh(event: StripeEvent) -> StripeEventQuerySet:
    """Refresh what the event is about from Stripe; the events that this covers: the customer's that came before it."""
    if not event.customer_id:
        if payment_issues.concerns(event_type=event.type):
            payment_issues.refresh(event_type=event.type, object_id=event.object_id)
        elif event.type.startswith("price."):
            mirror.refresh_price(price_id=event.object_id)
        elif event.type.startswith("product."):
            mirror.refresh_product(product_id=event.object_id)
        return StripeEvent.objects.filter(pk=event.pk)
    waiting = StripeEvent.objects.waiting().filter(customer_id=event.customer_id)
    covered = list(waiting.values_list("pk", flat=True))
    if not mirror.refresh_customer(customer_id=event.customer_id):
        # Deleted, or never ours: it is not refreshed again, so its ids are not kept.
        StripeEvent.objects.filter(pk__in=covered).update(customer_id="", object_id="")
    return StripeEvent.objects.filter(pk__in=covered)


def _mark_processed(done: StripeEventQuerySet) -> None:
    """Mark these as processed, except those that another worker has processed in the meantime."""
    with transaction.atomic():
        waiting = done.waiting().order_by("pk").select_for_update()
        ended = list(waiting.values_list("pk", flat=True))
        rows = StripeEvent.objects.filter(pk__in=ended)
        rows.update(processed_at=Now(), next_attempt_at=None, error="")
    for lag in rows.values_list(F("processed_at") - F("received_at"), flat=True):
        if lag is not None:  # it may have been replayed in the meantime
            metrics.webhook_lag_seconds.observe(lag.total_seconds())


def _failed(row: StripeEventQuerySet, event: StripeEvent, error: Exception, pause: int) -> str:
    code = error.code if isinstance(error, Problem) else type(error).__name__
    last = event.attempts + 1 >= MAX_ATTEMPTS
    metrics.webhook_failures.labels("given_up" if last else "failed").inc()
    log.error("stripe_event_failed", event_id=event.pk, cause=code, given_up=last)
    row.update(error=code[:80], next_attempt_at=None if last else Now() + timedelta(seconds=pause))
    return "failed"


def _as_text(value: object) -> str:
    """A string that PostgreSQL can store; empty if the value is not a string."""
    text = value if isinstance(value, str) else ""
    return text.encode(errors="replace").decode().replace("\0", "")[:255]
