"""Billing's steps of the erasure of an account. Each is safe to repeat."""

from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from djstripe.models import Customer, Invoice, LineItem, PaymentMethod, Subscription

from billing import checkout, entitlements, leases, mirror, stripe_api
from billing.exceptions import PaymentProviderRefused, PaymentProviderUnavailable
from billing.models import StripeEvent

log = structlog.get_logger(__name__)

WAIT: Final = 5.0
"""Seconds to wait for a lease; after that the erasure is attempted again later."""


def end_billing(*, user_id: int) -> None:
    """Delete the user's customers at Stripe, which ends every subscription at once. Not in a transaction.

    Raises:
        PaymentProviderUnavailable, PaymentProviderRefused, NotForSale: billing has not ended, so the erasure must wait.
            It also waits while there is a live customer and the key is not a live one.
        LeaseBusy: a checkout is being opened.
    """
    with leases.hold(name=f"checkout:{user_id}", seconds=checkout.LEASE, wait=WAIT):
        if not settings.STRIPE_LIVE_MODE and _customers_of(user_id, livemode=True, date_purged=None):
            log.error("erasure_needs_the_live_key", user_id=user_id)
            raise PaymentProviderRefused
        for customer in mirror.customers_of(user_id=user_id):
            if mirror.exists_at_stripe(customer=customer):
                before = {each.id for each in stripe_api.subscriptions_of(customer_id=customer.id)}
                for session in stripe_api.open_sessions_of(customer_id=customer.id):
                    stripe_api.expire_session(session_id=session.id)
                stripe_api.delete_customer(customer_id=customer.id)
                _log_payments_owed(customer.id, before)
            elif customer.date_purged is not None:
                continue
            mirror.refresh_customer(customer_id=customer.id, wait=WAIT)


def _log_payments_owed(customer_id: str, before: set[str]) -> None:
    """Log subscriptions bought while the customer was being deleted: they ended at once, so a refund is owed."""
    try:
        after = stripe_api.subscriptions_of(customer_id=customer_id)
    except (PaymentProviderUnavailable, PaymentProviderRefused):  # the customer is deleted in any case
        log.warning("erasure_could_not_look_for_payments", customer=customer_id)
        return
    for subscription in after:
        if subscription.id not in before:
            log.error("erased_account_is_owed_money", customer=customer_id, subscription=subscription.id)


def reduce_to_invoices(*, user_id: int) -> None:
    """Delete dj-stripe's rows except the invoices, which tax law requires, and an empty customer that they refer to."""
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


def _without_personal_data(content: dict[str, Any]) -> dict[str, Any]:
    """An invoice's content without our ids, the phone number and the e-mail address.

    The law requires the rest: amounts, dates, Stripe's customer, name and address.
    """
    parent = content.get("parent") or {}
    (parent.get("subscription_details") or {})["metadata"] = {}
    for line in (content.get("lines") or {}).get("data") or []:
        line["metadata"] = {}  # a subscription's line has the subscription's metadata
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
    LineItem.objects.filter(stripe_data__invoice__in=ids).delete()  # they are part of the invoices' content
    for invoice in invoices:
        invoice.stripe_data = _without_personal_data(invoice.stripe_data)
        invoice.save(update_fields=["stripe_data"])
    customer.update(
        subscriber=None,
        date_purged=Now(),
        email="",
        metadata={},
        default_payment_method=None,
        stripe_data={"id": customer_id, "object": "customer", "deleted": True},
    )
