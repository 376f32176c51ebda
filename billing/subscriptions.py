"""What the mirrored subscriptions say: the one place that reads Stripe's statuses and dates.

dj-stripe's own helpers are not used: since API version 2025-03-31 periods stand on a subscription's items, where they
do not look, and they call a paying user free (measured with dj-stripe 2.11.0).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from djstripe.models import Subscription

from billing.models import Tier

SLACK: Final = timedelta(days=3)
"""How long an active subscription counts beyond its period: Stripe drafts a renewal for an hour and repeats a webhook
for three days (docs.stripe.com/webhooks); a renewal that never arrives ends Pro then."""

GRACE: Final = timedelta(days=7)
"""How long a renewal that fails leaves Pro on, counted from the beginning of the period that is not paid for."""

RUNNING: Final = frozenset({"active", "trialing", "past_due", "unpaid", "paused"})
"""Statuses of a subscription that goes on at Stripe: who has one is sent to the portal, not sold another."""

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
    long_ago = datetime.min.replace(tzinfo=UTC)
    return max(
        _of(user_id), key=lambda paid: (paid.pro_until or long_ago, _liveliness(paid), paid.created), default=None
    )


def subscribers_to(*, products: Iterable[str]) -> set[int]:
    """The users with a subscription to one of these products, whatever became of it."""
    one_of = Q(pk__in=())
    for product in products:
        one_of |= Q(stripe_data__items__data__contains=[{"price": {"product": product}}])
    mirrored = Subscription.objects.filter(one_of, customer__subscriber__isnull=False)
    return set(mirrored.values_list("customer__subscriber_id", flat=True))


def _of(user_id: int) -> list[Paid]:
    pro = Tier.objects.filter(slug=Tier.PRO).first()
    mirrored = Subscription.objects.filter(
        customer__subscriber_id=user_id, customer__date_purged=None, livemode=settings.STRIPE_LIVE_MODE
    )
    contents = mirrored.values_list("stripe_data", flat=True)
    return [read(content) for content in contents if pro and _products(content) & pro.products]


def read(content: Mapping[str, Any]) -> Paid:
    """Read a subscription as Stripe sends it (`stripe_data`)."""
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
        pro_until=_pro_until(content, end, cancels_at),
    )


def _pro_until(content: Mapping[str, Any], end: datetime | None, cancels_at: datetime | None) -> datetime | None:
    """The table of statuses; one that is not in it, a new one say, gives nothing."""
    match content["status"]:
        case "active" | "trialing" if cancels_at:
            return min(cancels_at, end + SLACK) if end else cancels_at  # it may end after further periods
        case "active" | "trialing":
            return end + SLACK if end else None
        case "past_due":
            # The item's period is the new, unpaid one already: its end says nothing, its beginning is the failure's.
            start = _latest(content, "current_period_start")
            return start + GRACE if start else None
        case _:
            return None


def _items(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = (content.get("items") or {}).get("data") or []
    return items


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
