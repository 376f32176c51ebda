"""Repairing what webhooks missed: events that were not delivered, and rows that differ from Stripe's objects."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.utils import timezone
from djstripe.models import Customer, Subscription

from billing import entitlement_dates, entitlements, events, mirror, stripe_api
from billing.exceptions import PaymentProviderUnavailable
from billing.leases import LeaseBusy, LeaseLost
from billing.models import StripeEvent
from config.observability import metrics

log = structlog.get_logger(__name__)

LOOKBACK: Final = timedelta(days=4)
"""Stripe repeats a delivery for three days; after that we have to find the event."""

ENDED: Final = ("canceled", "incomplete_expired")
"""Final statuses of a subscription."""


@dataclass(slots=True, kw_only=True)
class Report:
    """The result of a comparison with Stripe: ids of customers."""

    checked: int = 0
    drifted: list[str] = field(default_factory=list)
    """Customers whose subscriptions here differed from those at Stripe."""
    failed: list[str] = field(default_factory=list)
    """Drifted customers that could not be updated."""
    unowned: list[str] = field(default_factory=list)
    """Drifted customers with a subscription and without an account here, as after a restored backup: staff decide."""

    @property
    def counts(self) -> dict[str, int]:
        """The numbers, for the log and the task's result."""
        found = {"drifted": self.drifted, "failed": self.failed, "unowned": self.unowned}
        return {"checked": self.checked, **{name: len(customers) for name, customers in found.items()}}


def find_missed() -> int:
    """Record the events that Stripe could not deliver, to be processed like others; the number of new ones."""
    missed = 0
    for event in stripe_api.undelivered_events(since=timezone.now() - LOOKBACK):
        missed += events.record(event.to_dict()) is not None
    if missed:
        log.warning("stripe_events_missed", count=missed)
    return missed


def compare(*, dry_run: bool = False) -> Report:
    """Compare each of our subscriptions at Stripe with its row here, and refresh the customers that differ.

    Then recompute the entitlement of every subscriber: another program, such as dj-stripe's `djstripe_sync_models`, may
    have written the rows without doing so.

    Raises:
        PaymentProviderUnavailable: Stripe became unavailable; what was repaired until then remains.
    """
    report = Report()
    if not dry_run:
        for user_id in sorted(entitlement_dates.subscribers_in_test_mode()):
            entitlements.recompute_stripe(user_id=user_id)
    for customer_id in dict.fromkeys(_differing(report)):
        report.drifted.append(customer_id)
        if not dry_run:
            if not _has_waiting_event(customer_id):
                metrics.stripe_differences.labels("drifted").inc()
            _repair(customer_id, report)
    if not dry_run:
        for user_id in sorted(entitlement_dates.subscribers()):
            entitlements.recompute_stripe(user_id=user_id)
    log.info("stripe_compared", **report.counts)
    return report


def _repair(customer_id: str, report: Report) -> None:
    try:
        if mirror.refresh_customer(customer_id=customer_id) or _is_deleted(customer_id):
            return
        log.warning("stripe_customer_unowned", customer=customer_id)
        report.unowned.append(customer_id)
        metrics.stripe_differences.labels("unowned").inc()
    except PaymentProviderUnavailable:
        raise
    except (LeaseBusy, LeaseLost):
        _failed(customer_id, report)
    except Exception:
        log.exception("stripe_customer_not_repaired")
        _failed(customer_id, report)


def _has_waiting_event(customer_id: str) -> bool:
    """Whether it has an event that waits to be processed, so that the difference is no surprise."""
    return StripeEvent.objects.waiting().filter(customer_id=customer_id).exists()


def _failed(customer_id: str, report: Report) -> None:
    report.failed.append(customer_id)
    metrics.stripe_differences.labels("failed").inc()


def _is_deleted(customer_id: str) -> bool:
    """Whether it is stored as a user's customer that was deleted at Stripe."""
    deleted = Customer.objects.filter(id=customer_id, subscriber__isnull=False, date_purged__isnull=False)
    return bool(deleted.exists())


def _differing(report: Report) -> Iterator[str]:
    """Customers with a subscription that differs between Stripe and here, or that Stripe does not have."""
    began, seen = timezone.now(), set[str]()
    for theirs in stripe_api.all_subscriptions():
        seen.add(theirs.id)
        customer_id = _id(theirs.customer)
        # A subscription made in Stripe's dashboard does not have our metadata.
        if settings.STRIPE_CUSTOMER_KEY not in (theirs.get("metadata") or {}) and not _is_known(customer_id):
            continue
        report.checked += 1
        mirrored = Subscription.objects.filter(id=theirs.id, customer__date_purged=None)
        ours = mirrored.values_list("stripe_data", flat=True).first()
        if ours is None and theirs.status in ENDED:
            continue  # an erased account's
        if ours is None or _deciding_fields(ours) != _deciding_fields(theirs.to_dict()):
            yield customer_id
    # Leave out those that were stored after the listing began.
    running = Subscription.objects.filter(livemode=settings.STRIPE_LIVE_MODE, customer__date_purged=None)
    running = running.filter(djstripe_created__lt=began)
    for subscription_id, customer_id in running.exclude(stripe_data__status__in=ENDED).values_list("id", "customer_id"):
        if subscription_id not in seen:
            yield customer_id


def _is_known(customer_id: str) -> bool:
    return bool(Customer.objects.filter(id=customer_id).exists())


def _deciding_fields(content: Any) -> Any:
    """The fields of a subscription that decide about Pro."""
    items = [
        (item["id"], _id(item["price"]["product"]), item.get("current_period_start"), item.get("current_period_end"))
        for item in content["items"]["data"]
    ]
    return (content["status"], content.get("cancel_at"), content.get("cancel_at_period_end"), sorted(items))


def _id(reference: Any) -> str:
    return str(reference if isinstance(reference, str) else reference["id"])
