"""Repairing what no webhook told: events that were never delivered, and rows that differ from Stripe's."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.utils import timezone
from djstripe.models import Customer, Subscription

from billing import entitlements, events, mirror, stripe_api, subscriptions
from billing.exceptions import PaymentProviderAway
from billing.leases import LeaseBusy, LeaseLost
from billing.models import StripeEvent
from config.observability import metrics

log = structlog.get_logger(__name__)

LOOK_BACK: Final = timedelta(days=4)
"""Stripe repeats a delivery for three days; after that it is up to us."""


ENDED: Final = ("canceled", "incomplete_expired")
"""Statuses of a subscription that never changes again."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What a comparison with Stripe found: ids of customers."""

    checked: int = 0
    drifted: list[str] = field(default_factory=list)
    """Those whose subscriptions here were not the ones there."""
    failed: list[str] = field(default_factory=list)
    """Of the drifted those that could not be brought up to date."""
    unowned: list[str] = field(default_factory=list)
    """Of the drifted those that subscribe and are no account's here, as after a restored backup: a person decides."""

    @property
    def counts(self) -> dict[str, int]:
        """How many, for a log or a result."""
        found = {"drifted": self.drifted, "failed": self.failed, "unowned": self.unowned}
        return {"checked": self.checked, **{name: len(customers) for name, customers in found.items()}}


def find_missed() -> int:
    """Record the events that Stripe could not deliver, to be processed like any other; how many were new."""
    missed = 0
    for event in stripe_api.undelivered_events(since=timezone.now() - LOOK_BACK):
        missed += events.record(event.to_dict()) is not None
    if missed:
        log.warning("stripe_events_missed", count=missed)
    return missed


def compare(*, dry_run: bool = False) -> Report:
    """Compare every subscription of ours at Stripe with its row here, and bring the customers that differ up to date.

    Then compute every subscriber's entitlement: the rows may be right because another program, dj-stripe's own
    `djstripe_sync_models` for example, wrote them without computing it.

    Raises:
        PaymentProviderAway: Stripe stopped answering; what was done until then holds.
    """
    report = Report()
    if not dry_run:
        for user_id in sorted(subscriptions.subscribers_in_test_mode()):
            entitlements.recompute_stripe(user_id=user_id)
    for customer_id in dict.fromkeys(_differing(report)):
        report.drifted.append(customer_id)
        if not dry_run:
            if not _is_told_of(customer_id):
                metrics.stripe_differences.labels("drifted").inc()
            _mend(customer_id, report)
    if not dry_run:
        for user_id in sorted(subscriptions.subscribers()):
            entitlements.recompute_stripe(user_id=user_id)
    log.info("stripe_compared", **report.counts)
    return report


def _mend(customer_id: str, report: Report) -> None:
    try:
        if mirror.refresh_customer(customer_id=customer_id) or _is_deleted(customer_id):
            return
        log.warning("stripe_customer_unowned", customer=customer_id)
        report.unowned.append(customer_id)
        metrics.stripe_differences.labels("unowned").inc()
    except PaymentProviderAway:
        raise
    except (LeaseBusy, LeaseLost):
        _failed(customer_id, report)
    except Exception:
        log.exception("stripe_customer_not_mended")
        _failed(customer_id, report)


def _is_told_of(customer_id: str) -> bool:
    """Whether it has just changed, and its event is about to be processed."""
    return StripeEvent.objects.waiting().filter(customer_id=customer_id).exists()


def _failed(customer_id: str, report: Report) -> None:
    report.failed.append(customer_id)
    metrics.stripe_differences.labels("failed").inc()


def _is_deleted(customer_id: str) -> bool:
    """Whether it is stored here as a person's, and as deleted at Stripe."""
    deleted = Customer.objects.filter(id=customer_id, subscriber__isnull=False, date_purged__isnull=False)
    return bool(deleted.exists())


def _differing(report: Report) -> Iterator[str]:
    """Customers whose subscription here is not the one there; also those whose subscription Stripe does not know."""
    began, seen = timezone.now(), set[str]()
    for theirs in stripe_api.all_subscriptions():
        seen.add(theirs.id)
        customer_id = _id(theirs.customer)
        # One that was made in Stripe's dashboard has no mark of ours.
        if settings.STRIPE_CUSTOMER_KEY not in (theirs.get("metadata") or {}) and not _is_known(customer_id):
            continue
        report.checked += 1
        mirrored = Subscription.objects.filter(id=theirs.id, customer__date_purged=None)
        ours = mirrored.values_list("stripe_data", flat=True).first()
        if ours is None and theirs.status in ENDED:
            continue  # an erased account's: it gives nobody anything, and nobody is left to whom it could
        if ours is None or _gist(ours) != _gist(theirs.to_dict()):
            yield customer_id
    # One that was stored meanwhile is newer than the list.
    running = Subscription.objects.filter(livemode=settings.STRIPE_LIVE_MODE, customer__date_purged=None)
    running = running.filter(djstripe_created__lt=began)
    for subscription_id, customer_id in running.exclude(stripe_data__status__in=ENDED).values_list("id", "customer_id"):
        if subscription_id not in seen:
            yield customer_id


def _is_known(customer_id: str) -> bool:
    return bool(Customer.objects.filter(id=customer_id).exists())


def _gist(content: Any) -> Any:
    """What decides about Pro."""
    items = [
        (item["id"], _id(item["price"]["product"]), item.get("current_period_start"), item.get("current_period_end"))
        for item in content["items"]["data"]
    ]
    return (content["status"], content.get("cancel_at"), content.get("cancel_at_period_end"), sorted(items))


def _id(reference: Any) -> str:
    return str(reference if isinstance(reference, str) else reference["id"])
