"""Bringing dj-stripe's rows to what Stripe says now.

An event only says that something about a customer changed. What is true then, Stripe is asked, under a lease of the
customer: without it, a worker that asked before a cancellation and wrote after it would leave an ended subscription
active for ever, since no further event comes (measured with dj-stripe's own handlers, which have no such lock).
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
from billing import entitlements, leases, stripe_api, stripe_client, subscriptions
from billing.exceptions import PaymentProviderRefused

log = structlog.get_logger(__name__)

LEASE: Final = 60.0
"""Seconds: longer than the three or four calls made under it may take."""

SKEW: Final = timedelta(minutes=1)
"""How far Stripe's clock and ours may be apart."""

NOT_MIRRORED: Final = {
    # What dj-stripe would ask Stripe about, one call each, in the middle of our transaction, and what it cannot store
    # (a customer's discount, since the API of 2025-09-30).
    "customer": ("default_source", "sources", "discount"),
    "subscription": ("default_payment_method", "default_source", "latest_invoice", "pending_setup_intent", "schedule"),
    "invoice": ("default_payment_method", "default_source", "discounts", "payments", "on_behalf_of"),
}


def refresh_customer(*, customer_id: str, wait: float = 3.0, is_new: bool = False) -> bool:
    """Ask Stripe about a customer and store what it says, subscriptions and invoices included.

    A customer that is not one of our users' is left alone. One that `is_new`, made by us a moment ago, is ours whatever
    the clocks say.

    Returns:
        Whether it is one of ours, and was not deleted.

    Raises:
        leases.LeaseBusy: somebody else is at it, and was for `wait` seconds.
        leases.LeaseLost: this took so long that somebody else took over; nothing was written.
        PaymentProviderAway: Stripe does not answer.
        stripe_client.NotThere: our key's account never had this customer (in live mode); nothing was written.
    """
    with leases.hold(name=f"customer:{customer_id}", seconds=LEASE, wait=wait) as lease:
        customer = stripe_api.living_customer(customer_id=customer_id)
        if customer is None:
            with transaction.atomic():
                lease.confirm()
                _forget(customer_id)
            return False
        if not _is_ours(customer, is_new=is_new):
            return False
        subscribed = stripe_api.subscriptions_of(customer_id=customer_id)
        invoices = _invoices_of(customer_id)
        _know_prices(subscribed)
        with transaction.atomic():
            previous_owner = _owner_of(customer_id)
            lease.confirm()
            _store(Customer, [customer])
            _remember(customer_id)
            _store(Subscription, subscribed)
            _store(Invoice, invoices)
            owner = _owner_of(customer_id)
            entitlements.recompute_stripe(user_id=owner)
            if previous_owner not in (None, owner):
                entitlements.recompute_stripe(user_id=previous_owner)
    return True


def _invoices_of(customer_id: str) -> list[Any]:
    """The customer's newest invoices; none, if our key may not read them: that alone holds nobody's Pro back."""
    try:
        return stripe_api.invoices_of(customer_id=customer_id)
    except PaymentProviderRefused:
        log.error("stripe_invoices_not_readable", customer=customer_id)
        return []


def refresh_price(*, price_id: str) -> None:
    """Ask Stripe about a price and its product, and store what it says."""
    try:
        price = stripe_api.price(price_id=price_id)
    except stripe_client.NotThere:
        return
    Product.sync_from_stripe_data(price.product)
    Price.sync_from_stripe_data(price)


def refresh_product(*, product_id: str) -> None:
    """Ask Stripe about a product, and store what it says."""
    try:
        Product.sync_from_stripe_data(stripe_api.product(product_id=product_id))
    except stripe_client.NotThere:
        return


def lives(*, customer: Customer) -> bool:
    """Whether a customer that is stored here is still there at Stripe.

    Raises:
        PaymentProviderAway: Stripe does not answer.
        stripe_client.NotThere: our key's account never had it (in live mode), and it was not given up here.
    """
    try:
        return stripe_api.living_customer(customer_id=customer.id) is not None
    except stripe_client.NotThere:
        if customer.date_purged is None:
            raise
        return False


def forget_unknown(*, dry_run: bool) -> list[str]:
    """Give up the live customers that Stripe does not know: for when its account was replaced by another one for good.

    Returns:
        Their ids.
    """
    unknown = []
    for customer in Customer.objects.filter(livemode=settings.STRIPE_LIVE_MODE, date_purged=None):
        try:
            lives(customer=customer)
        except stripe_client.NotThere:
            unknown.append(customer.id)
            if not dry_run:
                _forget(customer.id)
    return unknown


def customers_of(*, user_id: int) -> QuerySet[Customer]:
    """The customers that a user is, or was, at Stripe: the living before the deleted, who subscribes before who does
    not, the oldest first.
    """
    running = Subscription.objects.filter(customer_id=OuterRef("id"), stripe_data__status__in=subscriptions.RUNNING)
    mine: QuerySet[Customer] = Customer.objects.filter(subscriber_id=user_id, livemode=settings.STRIPE_LIVE_MODE)
    return mine.order_by(
        F("date_purged").desc(nulls_first=True), Exists(running).desc(), F("created").asc(), F("djstripe_id").asc()
    )


def customer_of(*, user_id: int) -> str | None:
    """The id of the customer that a user is at Stripe, or None; of several the first of `customers_of`."""
    living = customers_of(user_id=user_id).filter(date_purged=None)
    found: str | None = living.values_list("id", flat=True).first()
    return found


def _is_ours(customer: Any, *, is_new: bool) -> bool:
    """Whether it is a customer of an account that is here.

    The number in its mark does not say so alone: after a restored backup, numbers of lost accounts are given out again.
    But nobody was a customer before they had an account, and one that is stored here was not lost.
    """
    if bool(customer.get("livemode")) != settings.STRIPE_LIVE_MODE:
        return False
    is_stored = Customer.objects.filter(id=customer["id"], subscriber__isnull=False).exists()
    number = str((customer.get("metadata") or {}).get(settings.STRIPE_CUSTOMER_KEY, ""))
    if not number and is_stored:
        return True
    if not (number.isascii() and number.isdigit()):
        return False
    begun = User.objects.filter(pk=int(number)).values_list("created_at", flat=True).first()
    return begun is not None and (is_new or is_stored or customer["created"] >= (begun - SKEW).timestamp())


def _owner_of(customer_id: str) -> Any:
    """The id of the user whose customer this is; None if it is not stored, or its account was erased."""
    return Customer.objects.filter(id=customer_id).values_list("subscriber_id", flat=True).first()


def _forget(customer_id: str) -> None:
    """Mark a customer that was deleted at Stripe; its subscriptions have ended with it."""
    for row in Customer.objects.filter(id=customer_id, livemode=settings.STRIPE_LIVE_MODE, date_purged=None):
        row.date_purged = Now()
        row.save(update_fields=["date_purged"])
        if row.subscriber_id is not None:
            entitlements.recompute_stripe(user_id=row.subscriber_id)


def _remember(customer_id: str) -> None:
    """Take the mark of a deleted customer away from one that lives: another account's key had not known it."""
    for row in Customer.objects.filter(id=customer_id).exclude(date_purged=None):
        row.date_purged = None
        row.save(update_fields=["date_purged"])


def _know_prices(subscribed: Iterable[Any]) -> None:
    """Store the prices that are not known yet, before the transaction: dj-stripe would ask about them inside."""
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
            data["invoice_settings"] = {}  # it names a card
        model.sync_from_stripe_data(stripe.convert_to_stripe_object(data))
