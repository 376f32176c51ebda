"""What the mirrored subscriptions say: the one place that reads Stripe's statuses and dates.

dj-stripe's own helpers are not used: since API version 2025-03-31 periods stand on a subscription's items, where they
do not look, and they call a paying user free (measured with dj-stripe 2.11.0).
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
"""How long an active subscription counts beyond its period: Stripe drafts a renewal for an hour and repeats a webhook
for three days (docs.stripe.com/webhooks); a renewal that never arrives ends Pro then."""

GRACE: Final = timedelta(days=7)
"""How long a renewal that fails leaves Pro on, counted from the beginning of the first period that is not paid for."""

RUNNING: Final = frozenset({"active", "trialing", "past_due", "paused"})
"""Statuses of a subscription that goes on at Stripe: who has one is sent to the portal, not sold another."""

UNPAID: Final = "unpaid"
"""It makes drafts that nobody pays, and the portal cannot end it now: who buys again has it ended first."""

WRITTEN_OFF: Final = frozenset({"void", "uncollectible"})
"""Statuses of an invoice that nobody will pay; either leaves the subscription `active`, or makes it so again
(docs.stripe.com/billing/subscriptions/overview)."""

BEST_FIRST: Final = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One subscription to Pro. Times are aware; `pro_until` is None where the status gives nothing."""

    id: str
    status: str
    created: datetime
    period_end: datetime | None
    cancels_at: datetime | None
    pro_until: datetime | None


def pro_until(*, user_id: int) -> datetime | None:
    """Until when the user's subscriptions give Pro; the best one counts."""
    return max((paid.pro_until for paid in _of(user_id) if paid.pro_until), default=None)


def best_of(*, user_id: int) -> Paid | None:
    """The subscription to tell the user about: the one that gives Pro longest, else the liveliest, else the newest."""
    return next(iter(all_of(user_id=user_id)), None)


def all_of(*, user_id: int) -> list[Paid]:
    """The user's subscriptions to Pro, the best one first (see `best_of`)."""
    long_ago = datetime.min.replace(tzinfo=UTC)
    return sorted(
        _of(user_id), key=lambda paid: (paid.pro_until or long_ago, _liveliness(paid), paid.created), reverse=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An invoice for one period of a subscription."""

    start: datetime
    """When the period that it bills began."""
    created: datetime
    status: str
    """draft, open, paid, void or uncollectible."""
    amount_paid: int
    """In the currency's minor unit."""


def subscribers_in_test_mode() -> set[int]:
    """The users whose Pro was paid for with play money, once the key is a live one.

    The other way round nobody is looked for: a test key that was set by mistake takes Pro from nobody.
    """
    if not settings.STRIPE_LIVE_MODE:
        return set()
    mine = Subscription.objects.filter(customer__subscriber_id=OuterRef("pk"), livemode=settings.STRIPE_LIVE_MODE)
    paid = Entitlement.objects.filter(stripe_until__gt=Now()).exclude(Exists(mine))
    return set(paid.values_list("pk", flat=True))


def subscribers() -> set[int]:
    """The users with a mirrored subscription in the mode of our key, whatever its status.

    Under a test key those who also have a live one are left out: a test key that was set by mistake takes Pro from
    nobody.
    """
    of_users = Subscription.objects.filter(customer__subscriber__isnull=False)
    owners = of_users.filter(livemode=settings.STRIPE_LIVE_MODE).values_list("customer__subscriber_id", flat=True)
    live = of_users.filter(livemode=True).values_list("customer__subscriber_id", flat=True)
    return set(owners) if settings.STRIPE_LIVE_MODE else set(owners) - set(live)


def subscribers_to(*, products: Iterable[str]) -> set[int]:
    """The users with a subscription to one of these products, whatever became of it."""
    one_of = Q(pk__in=())
    for product in products:
        one_of |= Q(stripe_data__items__data__contains=[{"price": {"product": product}}])
    mirrored = Subscription.objects.filter(one_of, customer__subscriber__isnull=False)
    return set(mirrored.values_list("customer__subscriber_id", flat=True))


def _of(user_id: int) -> list[Paid]:
    """The user's subscriptions to Pro. All that they are read from, one query brings."""
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
    """When the user last disputed a payment and has its money back, or may; what was bought later is another matter."""
    disputes = PaymentIssue.objects.filter(
        user_id=user_id,
        kind=PaymentIssue.Kind.DISPUTE,
        status__in=PaymentIssue.LOST_OR_OPEN if settings.STRIPE_DISPUTE_ENDS_PRO else (),
        is_live=settings.STRIPE_LIVE_MODE,
    )
    return disputes.order_by("-created").values("created")[:1]


def read(content: Mapping[str, Any], invoices: Iterable[Mapping[str, Any]] = ()) -> Paid:
    """Read a subscription, and those of the invoices that are its own, as Stripe sends them (`stripe_data`)."""
    end = _latest(content, "current_period_end")
    # Cancelling in the portal sets `cancel_at` in flexible billing mode and `cancel_at_period_end` in the classic one
    # (docs.stripe.com/billing/subscriptions/billing-mode/compare).
    cancels_at = _time(content.get("cancel_at")) or (end if content.get("cancel_at_period_end") else None)
    return Paid(
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
    """The table of statuses; one that is not in it, a new one say, gives nothing."""
    match content["status"]:
        case "active" | "trialing" if _is_written_off(bills):
            return None
        case "active" | "trialing" if cancels_at:
            return min(cancels_at, end + SLACK) if end else cancels_at  # it may end after further periods
        case "active" | "trialing":
            return end + SLACK if end else None
        case "past_due":
            return _grace_end(bills, _latest(content, "current_period_start"), end)
        case _:
            return None


def _is_written_off(bills: list[Bill]) -> bool:
    """Whether the newest bill on which something was decided will never be paid.

    One that is a draft, or open, waits for a payment under way (a bank debit takes days): what came before it counts.
    """
    decided = [bill.status for bill in bills if bill.status not in ("draft", "open")]
    return bool(decided) and decided[0] in WRITTEN_OFF


def _grace_end(bills: list[Bill], start: datetime | None, end: datetime | None) -> datetime | None:
    """Until when a subscription that is past due gives Pro.

    The grace begins with the first of the unpaid periods: Stripe goes on to bill further ones. Who never paid anything,
    after a trial say, has none.
    """
    if start is None:
        return None
    if not bills or bills[0].start < start:  # the period's own bill is not known here
        return start + GRACE
    if bills[0].status == "paid":  # what was not paid is something else, a higher quantity say
        return end
    if not any(bill.amount_paid for bill in bills):
        return None
    unpaid = list(takewhile(lambda bill: bill.status != "paid", bills))
    return unpaid[-1].start + GRACE


def _bills_of(subscription_id: str, invoices: Iterable[Mapping[str, Any]]) -> list[Bill]:
    """The invoices for periods of a subscription, the newest first; those for changes in mid-period are left out."""
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
    """The id of the subscription that an invoice bills; before API version 2025-03-31 it stood at the top."""
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
    """The items that are bought at all; the quantity of a metered one is not said."""
    items: list[Mapping[str, Any]] = (content.get("items") or {}).get("data") or []
    return [item for item in items if item.get("quantity") != 0]


def _products(content: Mapping[str, Any]) -> set[str]:
    products = [(item.get("price") or {}).get("product") for item in _items(content)]
    return {product["id"] if isinstance(product, Mapping) else product for product in products if product}


def _latest(content: Mapping[str, Any], name: str) -> datetime | None:
    """The latest of the items' times; older API versions have the one time on the subscription."""
    times = [item[name] for item in _items(content) if item.get(name)]
    return _time(max(times) if times else content.get(name))


def _time(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _liveliness(paid: Paid) -> int:
    return -BEST_FIRST.index(paid.status) if paid.status in BEST_FIRST else -len(BEST_FIRST)
