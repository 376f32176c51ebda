"""Billing's steps of erasing an account; each is safe to repeat."""

from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from djstripe.models import Customer, Invoice, LineItem, PaymentMethod, Subscription

from billing import checkout, entitlements, leases, mirror, stripe_api
from billing.exceptions import PaymentProviderAway, PaymentProviderRefused
from billing.models import StripeEvent

log = structlog.get_logger(__name__)

WAIT: Final = 5.0
"""Seconds for whoever is at the customer now; after that the erasure is tried again later."""


def end_billing(*, user_id: int) -> None:
    """Delete the user's customers at Stripe, which ends every subscription at once; no network call in a transaction.

    Raises:
        PaymentProviderAway, PaymentProviderRefused, NotForSale: it has not ended; the erasure must wait. So it does
            while there is a live customer and the key is not a live one.
        LeaseBusy: a checkout is being opened at this moment.
    """
    with leases.hold(name=f"checkout:{user_id}", seconds=checkout.LEASE, wait=WAIT):
        if not settings.STRIPE_LIVE_MODE and _customers_of(user_id, livemode=True, date_purged=None):
            log.error("erasure_needs_the_live_key", user_id=user_id)
            raise PaymentProviderRefused
        for customer in mirror.customers_of(user_id=user_id):
            if mirror.lives(customer=customer):
                before = {each.id for each in stripe_api.subscriptions_of(customer_id=customer.id)}
                for session in stripe_api.open_sessions_of(customer_id=customer.id):
                    stripe_api.expire_session(session_id=session.id)
                stripe_api.delete_customer(customer_id=customer.id)
                _say_what_is_owed(customer.id, before)
            elif customer.date_purged is not None:
                continue
            mirror.refresh_customer(customer_id=customer.id, wait=WAIT)


def _say_what_is_owed(customer_id: str, before: set[str]) -> None:
    """Log what was bought while the customer was being deleted: it ended at once, so somebody is owed the money."""
    try:
        after = stripe_api.subscriptions_of(customer_id=customer_id)
    except (PaymentProviderAway, PaymentProviderRefused):  # the customer is gone all the same
        log.warning("erasure_could_not_look_for_payments", customer=customer_id)
        return
    for subscription in after:
        if subscription.id not in before:
            log.error("erased_account_is_owed_money", customer=customer_id, subscription=subscription.id)


def keep_invoices_alone(*, user_id: int) -> None:
    """Bring dj-stripe's rows down to the invoices, which tax law keeps, and a bare customer that they can refer to."""
    for customer_id in _customers_of(user_id):
        with (
            leases.hold(name=f"customer:{customer_id}", seconds=mirror.LEASE, wait=WAIT) as lease,
            transaction.atomic(),
        ):
            lease.confirm()
            _reduce(customer_id)
            entitlements.recompute_stripe(user_id=user_id)


def _customers_of(user_id: int, **which: object) -> list[str]:
    return list(Customer.objects.filter(subscriber_id=user_id, **which).values_list("id", flat=True))


def _without_person(content: dict[str, Any]) -> dict[str, Any]:
    """An invoice's content without what leads back to the person: our ids, and how to reach them.

    What was paid, when, and by which customer of Stripe's, the law keeps; name and address it keeps too.
    """
    parent = content.get("parent") or {}
    (parent.get("subscription_details") or {})["metadata"] = {}
    for line in (content.get("lines") or {}).get("data") or []:
        line["metadata"] = {}  # a line of a subscription carries the subscription's
    return {**content, "parent": parent, "metadata": {}, "customer_phone": None, "customer_email": None}


def _reduce(customer_id: str) -> None:
    Subscription.objects.filter(customer_id=customer_id).delete()
    PaymentMethod.objects.filter(customer_id=customer_id).delete()
    StripeEvent.objects.filter(customer_id=customer_id).delete()
    customer = Customer.objects.filter(id=customer_id)
    invoices = Invoice.objects.filter(customer_id=customer_id)
    if not invoices.exists():
        customer.delete()
        return
    ids = list(invoices.values_list("id", flat=True))
    LineItem.objects.filter(stripe_data__invoice__in=ids).delete()  # the invoices' own content has them
    for invoice in invoices:
        invoice.stripe_data = _without_person(invoice.stripe_data)
        invoice.save(update_fields=["stripe_data"])
    customer.update(
        subscriber=None,
        date_purged=Now(),
        email="",
        metadata={},
        default_payment_method=None,
        stripe_data={"id": customer_id, "object": "customer", "deleted": True},
    )
