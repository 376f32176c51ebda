"""Keeping dj-stripe's rows equal to Stripe's objects.

An event only says that something about a customer has changed. We then read the customer from Stripe, under a lease:
without it, a worker that read before a cancellation and wrote after it would leave an ended subscription active for
ever, since no further event comes (seen with dj-stripe's own handlers, which have no such lock).
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

import stripe
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now
from djstripe.models import Customer, Invoice, Price, Product, Subscription

from accounts.models import User
from billing import entitlement_dates, entitlements, leases, stripe_api, stripe_client
from billing.exceptions import PaymentProviderRefused

log = structlog.get_logger(__name__)

LEASE: Final = 60.0
"""Seconds; longer than the three or four calls under it may take."""

SKEW: Final = timedelta(minutes=1)
"""The largest difference between Stripe's clock and ours that we allow for."""

NOT_MIRRORED: Final = {
    # Fields for which dj-stripe would call Stripe inside our transaction, and one that it cannot store: a customer's
    # discount, since API version 2025-09-30.
    "customer": ("default_source", "sources", "discount"),
    "subscription": ("default_payment_method", "default_source", "latest_invoice", "pending_setup_intent", "schedule"),
    "invoice": ("default_payment_method", "default_source", "discounts", "payments", "on_behalf_of"),
}


def refresh_customer(*, customer_id: str, wait: float = 3.0, is_new: bool = False) -> bool:
    """Read a customer from Stripe, store it with its subscriptions and invoices, and recompute its user's entitlement.

    A customer that belongs to none of our users is ignored. `is_new` says that we have just created it, so that it
    counts as ours regardless of the clocks.

    Returns:
        Whether it is ours and not deleted.

    Raises:
        leases.LeaseBusy: another worker refreshes it, for longer than `wait` seconds.
        leases.LeaseLost: this took so long that another worker took over; nothing was written.
        PaymentProviderUnavailable: Stripe is unavailable.
        stripe_client.StripeObjectMissing: in live mode, our key's account never had this customer; nothing was
            written.
    """
    with leases.hold(name=f"customer:{customer_id}", seconds=LEASE, wait=wait) as lease:
        customer = stripe_api.find_customer(customer_id=customer_id)
        if customer is None:
            with transaction.atomic():
                lease.confirm()
                _mark_deleted(customer_id)
            return False
        if not _is_ours(customer, is_new=is_new):
            return False
        subscribed = stripe_api.subscriptions_of(customer_id=customer_id)
        invoices = _invoices_of(customer_id)
        _ensure_prices(subscribed)
        with transaction.atomic():
            previous_owner = _owner_of(customer_id)
            lease.confirm()
            _store(Customer, [customer])
            _unmark_deleted(customer_id)
            _store(Subscription, subscribed)
            _store(Invoice, invoices)
            owner = _owner_of(customer_id)
            entitlements.recompute_stripe(user_id=owner)
            if previous_owner not in (None, owner):
                entitlements.recompute_stripe(user_id=previous_owner)
    return True


def _invoices_of(customer_id: str) -> list[Any]:
    """The customer's newest invoices; none if our key may not read them, which must not prevent Pro."""
    try:
        return stripe_api.invoices_of(customer_id=customer_id)
    except PaymentProviderRefused:
        log.error("stripe_invoices_not_readable", customer=customer_id)
        return []


def refresh_price(*, price_id: str) -> None:
    """Read a price and its product from Stripe and store them; an unknown one is ignored."""
    try:
        price = stripe_api.price(price_id=price_id)
    except stripe_client.StripeObjectMissing:
        return
    Product.sync_from_stripe_data(price.product)
    Price.sync_from_stripe_data(price)


def refresh_product(*, product_id: str) -> None:
    """Read a product from Stripe and store it; an unknown one is ignored."""
    try:
        Product.sync_from_stripe_data(stripe_api.product(product_id=product_id))
    except stripe_client.StripeObjectMissing:
        return


def exists_at_stripe(*, customer: Customer) -> bool:
    """Whether a customer that is stored here still exists at Stripe.

    Raises:
        PaymentProviderUnavailable: Stripe is unavailable.
        stripe_client.StripeObjectMissing: in live mode, our key's account never had it, and it is not marked as deleted
            here.
    """
    try:
        return stripe_api.find_customer(customer_id=customer.id) is not None
    except stripe_client.StripeObjectMissing:
        if customer.date_purged is None:
            raise
        return False


def mark_unknown_deleted(*, dry_run: bool) -> list[str]:
    """Mark the customers that Stripe does not know as deleted: for when the account at Stripe was replaced for good.

    Returns:
        Their ids.
    """
    unknown = []
    for customer in Customer.objects.filter(livemode=settings.STRIPE_LIVE_MODE, date_purged=None):
        try:
            exists_at_stripe(customer=customer)
        except stripe_client.StripeObjectMissing:
            unknown.append(customer.id)
            if not dry_run:
                _mark_deleted(customer.id)
    return unknown


def customers_of(*, user_id: int) -> QuerySet[Customer]:
    """A user's customers at Stripe: existing before deleted ones, then those with a subscription, then the oldest."""
    running = Subscription.objects.filter(customer_id=OuterRef("id"), stripe_data__status__in=entitlement_dates.RUNNING)
    mine: QuerySet[Customer] = Customer.objects.filter(subscriber_id=user_id, livemode=settings.STRIPE_LIVE_MODE)
    return mine.order_by(
        F("date_purged").desc(nulls_first=True), Exists(running).desc(), F("created").asc(), F("djstripe_id").asc()
    )


def customer_of(*, user_id: int) -> str | None:
    """The id of the user's customer at Stripe, or None; of several the first in the order of `customers_of`."""
    existing = customers_of(user_id=user_id).filter(date_purged=None)
    found: str | None = existing.values_list("id", flat=True).first()
    return found


def _is_ours(customer: Any, *, is_new: bool) -> bool:
    """Whether it is the customer of one of our users.

    The user's id in its metadata is not enough: after a restored backup, new accounts get the ids of lost ones. But a
    customer is never older than its account, and a customer that is stored here was not lost.
    """
    if bool(customer.get("livemode")) != settings.STRIPE_LIVE_MODE:
        return False
    is_stored = Customer.objects.filter(id=customer["id"], subscriber__isnull=False).exists()
    user_id = str((customer.get("metadata") or {}).get(settings.STRIPE_CUSTOMER_KEY, ""))
    if not user_id and is_stored:
        return True
    if not (user_id.isascii() and user_id.isdigit()):
        return False
    account_created = User.objects.filter(pk=int(user_id)).values_list("created_at", flat=True).first()
    return account_created is not None and (
        is_new or is_stored or customer["created"] >= (account_created - SKEW).timestamp()
    )


def _owner_of(customer_id: str) -> Any:
    """The id of the user whose customer this is; None if it is not stored, or its account was erased."""
    return Customer.objects.filter(id=customer_id).values_list("subscriber_id", flat=True).first()


def _mark_deleted(customer_id: str) -> None:
    """Mark a customer as deleted at Stripe, which ended its subscriptions."""
    for row in Customer.objects.filter(id=customer_id, livemode=settings.STRIPE_LIVE_MODE, date_purged=None):
        row.date_purged = Now()
        row.save(update_fields=["date_purged"])
        if row.subscriber_id is not None:
            entitlements.recompute_stripe(user_id=row.subscriber_id)


def _unmark_deleted(customer_id: str) -> None:
    """Undo `_mark_deleted` for a customer that exists: the key had been another account's for a while."""
    for row in Customer.objects.filter(id=customer_id).exclude(date_purged=None):
        row.date_purged = None
        row.save(update_fields=["date_purged"])


def _ensure_prices(subscribed: Iterable[Any]) -> None:
    """Store prices that are not mirrored yet, before the transaction: dj-stripe would request them inside it."""
    wanted = {item["price"]["id"] for each in subscribed for item in each["items"]["data"]}
    for price_id in wanted - set(Price.objects.filter(id__in=wanted).values_list("id", flat=True)):
        refresh_price(price_id=price_id)


def _store(model: Any, objects: list[Any]) -> None:
    for each in objects:
        data = each.to_dict()
        for name in NOT_MIRRORED[data["object"]]:
            if name in data:
                data[name] = [] if isinstance(data[name], list) else None
        if "invoice_settings" in data:
            data["invoice_settings"] = {}  # it contains a payment method
        model.sync_from_stripe_data(stripe.convert_to_stripe_object(data))
