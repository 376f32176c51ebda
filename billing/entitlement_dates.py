"""When Pro ends: the only module that interprets the statuses and dates of Stripe's subscriptions, as mirrored.

dj-stripe's own methods are not used: since API version 2025-03-31 a subscription's periods are on its items, which they
do not read, so they report a paying user as not subscribed (seen with dj-stripe 2.11.0).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from djstripe.models import Invoice, Subscription

from billing.models import Entitlement, PaymentIssue, Tier

SLACK: Final = timedelta(days=3)
"""How long an active subscription gives Pro after its period: Stripe keeps a renewal as a draft for an hour and repeats
a webhook for three days (docs.stripe.com/webhooks). If no renewal has arrived by then, Pro ends."""

GRACE: Final = timedelta(days=7)
"""How long Pro continues after a failed renewal, from the start of the first unpaid period."""

RUNNING: Final = frozenset({"active", "trialing", "past_due", "paused"})
"""Statuses of a subscription that continues at Stripe. Its user is sent to the portal and not sold another one."""

UNPAID: Final = "unpaid"
"""Its drafts are not paid, and the portal cannot end it at once: we end it before a new one is bought."""

WRITTEN_OFF: Final = frozenset({"void", "uncollectible"})
"""Statuses of an invoice that will not be paid. The subscription stays or becomes `active`
(docs.stripe.com/billing/subscriptions/overview)."""

BEST_FIRST: Final = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionSnapshot:
    """What one subscription to Pro says. Times are aware; `pro_until` is None if the subscription does not give Pro."""

    id: str
    status: str
    created: datetime
    period_end: datetime | None
    cancels_at: datetime | None
    pro_until: datetime | None


def pro_until(*, user_id: int) -> datetime | None:
    """Until when the user's subscriptions give Pro: the latest of their ends."""
    return max((paid.pro_until for paid in _of(user_id) if paid.pro_until), default=None)


def best_of(*, user_id: int) -> SubscriptionSnapshot | None:
    """The subscription to show: the one that gives Pro longest, then the one with the best status, then the newest."""
    return next(iter(all_of(user_id=user_id)), None)


def all_of(*, user_id: int) -> list[SubscriptionSnapshot]:
    """The user's subscriptions to Pro, the best one first (see `best_of`)."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    return sorted(
        _of(user_id), key=lambda paid: (paid.pro_until or long_ago, _status_rank(paid), paid.created), reverse=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An invoice for one period of a subscription."""

    start: datetime
    """The start of the period that it bills."""
    created: datetime
    status: str
    """draft, open, paid, void or uncollectible."""
    amount_paid: int
    """In the currency's minor unit."""


def subscribers_in_test_mode() -> set[int]:
    """The users whose Pro was paid for in test mode, once the key is a live one.

    Under a test key there are none: a test key that was set by mistake must not end anyone's Pro.
    """
    if not settings.STRIPE_LIVE_MODE:
        return set()
    mine = Subscription.objects.filter(customer__subscriber_id=OuterRef("pk"), livemode=settings.STRIPE_LIVE_MODE)
    paid = Entitlement.objects.filter(stripe_until__gt=Now()).exclude(Exists(mine))
    return set(paid.values_list("pk", flat=True))


def subscribers() -> set[int]:
    """The users with a mirrored subscription in the mode of our key, with any status.

    Under a test key, users who also have a live one are left out: a test key that was set by mistake must not end
    anyone's Pro.
    """
    of_users = Subscription.objects.filter(customer__subscriber__isnull=False)
    owners = of_users.filter(livemode=settings.STRIPE_LIVE_MODE).values_list("customer__subscriber_id", flat=True)
    live = of_users.filter(livemode=True).values_list("customer__subscriber_id", flat=True)
    return set(owners) if settings.STRIPE_LIVE_MODE else set(owners) - set(live)


def subscribers_to(*, products: Iterable[str]) -> set[int]:
    """The users with a mirrored subscription to one of these products, with any status."""
    one_of = Q(pk__in=())
    for product in products:
        one_of |= Q(stripe_data__items__data__contains=[{"price": {"product": product}}])
    mirrored = Subscription.objects.filter(one_of, customer__subscriber__isnull=False)
    return set(mirrored.values_list("customer__subscriber_id", flat=True))


def _of(user_id: int) -> list[SubscriptionSnapshot]:
    """The user's subscriptions to Pro, with everything that decides about them, in one query."""
    customers = {"customer__subscriber_id": user_id, "customer__date_purged": None}
    invoices = Invoice.objects.filter(customer_id=OuterRef("customer_id"), livemode=settings.STRIPE_LIVE_MODE)
    pro = Tier.objects.filter(slug=Tier.PRO)
    mirrored = Subscription.objects.filter(livemode=settings.STRIPE_LIVE_MODE, **customers).annotate(
        billed=ArraySubquery(invoices.values("stripe_data"), output_field=ArrayField(models.JSONField())),
        pro_product=Subquery(pro.values("stripe_product")),
        pro_former_products=Subquery(pro.values("former_products")),
        disputed_at=Subquery(_newest_dispute(user_id)),
    )
    found = []
    for content, billed, product, former, disputed_at in mirrored.values_list(
        "stripe_data", "billed", "pro_product", "pro_former_products", "disputed_at"
    ):
        if _products(content) & ({product, *(former or ())} - {"", None}):
            paid = read(content, billed)
            is_disputed = disputed_at is not None and paid.created <= disputed_at
            found.append(replace(paid, pro_until=None) if is_disputed else paid)
    return found


def _newest_dispute(user_id: int) -> QuerySet[Any]:
    """When the user last disputed a payment that is open or was lost by us; it ends what was bought before it."""
    disputes = PaymentIssue.objects.filter(
        user_id=user_id,
        kind=PaymentIssue.Kind.DISPUTE,
        status__in=PaymentIssue.LOST_OR_OPEN if settings.STRIPE_DISPUTE_ENDS_PRO else (),
        is_live=settings.STRIPE_LIVE_MODE,
    )
    return disputes.order_by("-created").values("created")[:1]


def read(content: Mapping[str, Any], invoices: Iterable[Mapping[str, Any]] = ()) -> SubscriptionSnapshot:
    """Read a subscription with its own among the invoices, all as Stripe sends them (`stripe_data`)."""
    end = _latest(content, "current_period_end")
    # Cancelling in the portal sets `cancel_at` in flexible billing mode and `cancel_at_period_end` in the classic one
    # (docs.stripe.com/billing/subscriptions/billing-mode/compare).
    cancels_at = _time(content.get("cancel_at")) or (end if content.get("cancel_at_period_end") else None)
    return SubscriptionSnapshot(
        id=content["id"],
        status=content["status"],
        created=_time(content["created"]) or datetime.min.replace(tzinfo=UTC),
        period_end=end,
        cancels_at=cancels_at,
        pro_until=_pro_until(content, _bills_of(content["id"], invoices), end, cancels_at),
    )


def _pro_until(
    content: Mapping[str, Any], bills: list[Bill], end: datetime | None, cancels_at: datetime | None
) -> datetime | None:
    """Until when a subscription gives Pro, by its status; unknown statuses give nothing."""
    match content["status"]:
        case "active" | "trialing" if _is_written_off(bills):
            return None
        case "active" | "trialing" if cancels_at:
            return min(cancels_at, end + SLACK) if end else cancels_at  # the scheduled end may be after further periods
        case "active" | "trialing":
            return end + SLACK if end else None
        case "past_due":
            return _grace_end(bills, _latest(content, "current_period_start"), end)
        case _:
            return None


def _is_written_off(bills: list[Bill]) -> bool:
    """Whether the newest final bill is one that will not be paid.

    A draft or open bill may have a payment in progress (a bank debit takes days), so the one before it counts.
    """
    final = [bill.status for bill in bills if bill.status not in ("draft", "open")]
    return bool(final) and final[0] in WRITTEN_OFF


def _grace_end(bills: list[Bill], start: datetime | None, end: datetime | None) -> datetime | None:
    """Until when a subscription that is past due gives Pro.

    The grace period starts with the first unpaid period, since Stripe continues to bill further ones. A user who never
    paid, for example after a trial, has none.
    """
    if start is None:
        return None
    if not bills or bills[0].start < start:  # the bill of the current period is not mirrored
        return start + GRACE
    if bills[0].status == "paid":  # another bill is unpaid, for example for a higher quantity
        return end
    if not any(bill.amount_paid for bill in bills):
        return None
    unpaid = list(takewhile(lambda bill: bill.status != "paid", bills))
    return unpaid[-1].start + GRACE


def _bills_of(subscription_id: str, invoices: Iterable[Mapping[str, Any]]) -> list[Bill]:
    """The invoices for periods of a subscription, newest first, without those for changes during a period."""
    bills = []
    for invoice in invoices:
        starts = [line["period"]["start"] for line in _lines(invoice) if not _is_proration(line)]
        if _subscription_of(invoice) == subscription_id and starts:
            bills.append(
                Bill(
                    start=datetime.fromtimestamp(max(starts), UTC),
                    created=datetime.fromtimestamp(invoice["created"], UTC),
                    status=str(invoice.get("status")),
                    amount_paid=invoice.get("amount_paid") or 0,
                )
            )
    return sorted(bills, key=lambda bill: (bill.start, bill.created), reverse=True)


def _subscription_of(invoice: Mapping[str, Any]) -> str | None:
    """The id of the subscription that an invoice bills; before API version 2025-03-31 it was a top-level field."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    found = details.get("subscription") or invoice.get("subscription")
    return found["id"] if isinstance(found, Mapping) else found


def _lines(invoice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lines: list[Mapping[str, Any]] = (invoice.get("lines") or {}).get("data") or []
    return [line for line in lines if line.get("period")]


def _is_proration(line: Mapping[str, Any]) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return bool(details.get("proration", line.get("proration")))


def _items(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The items with a quantity other than 0; metered ones have none."""
    items: list[Mapping[str, Any]] = (content.get("items") or {}).get("data") or []
    return [item for item in items if item.get("quantity") != 0]


def _products(content: Mapping[str, Any]) -> set[str]:
    products = [(item.get("price") or {}).get("product") for item in _items(content)]
    return {product["id"] if isinstance(product, Mapping) else product for product in products if product}


def _latest(content: Mapping[str, Any], name: str) -> datetime | None:
    """The latest of the items' times; older API versions have one time on the subscription."""
    times = [item[name] for item in _items(content) if item.get(name)]
    return _time(max(times) if times else content.get(name))


def _time(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _status_rank(paid: SubscriptionSnapshot) -> int:
    return -BEST_FIRST.index(paid.status) if paid.status in BEST_FIRST else -len(BEST_FIRST)
