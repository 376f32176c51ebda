"""Every call that we make to Stripe ourselves, through `stripe_client`.

dj-stripe stores what these functions return. Where it calls Stripe itself, it uses the same limits.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.conf import settings

from accounts.models import User
from billing.exceptions import PaymentProviderRefused
from billing.stripe_client import CreateFailed, StripeObjectMissing, api, call, create

PAGE: Final = 100
"""The most objects that Stripe lists at once."""

NEWEST_INVOICES: Final = 24
"""Invoices mirrored per customer: two years of months."""

EVENT_TYPES: Final = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "checkout.session.completed",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.finalized",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "radar.early_fraud_warning.created",
    "product.updated",
    "price.updated",
)
"""The events that the webhook endpoint at Stripe should send. Others are accepted and change nothing."""


def _listed(method: Callable[..., Any], params: dict[str, Any]) -> Iterator[Any]:
    """Every object of a list; the pages are requested as needed."""
    page = call(method, params={"limit": PAGE, **params})
    while True:
        yield from page.data
        if not page.has_more:
            return
        page = call(method, params={"limit": PAGE, **params, "starting_after": page.data[-1].id})


# Customers


def create_customer(*, user: User, number: int) -> str:
    """Create the `number`-th customer of a user, or find the one that the same call created before; its id.

    The user's id is not enough for the idempotency key: after a restored backup another account may get the same id.

    Neither phone number nor name is sent: Checkout asks for what a payment needs.

    Raises:
        CreateFailed: see `stripe_client.create`.
    """
    key = f"{settings.STRIPE_CUSTOMER_KEY}-customer-{user.pk}-{user.created_at.timestamp()}-{number}"
    params = {"metadata": {settings.STRIPE_CUSTOMER_KEY: str(user.pk)}}
    return str(create(api().customers.create, params=params, key=key).id)


def find_customer(*, customer_id: str) -> Any | None:
    """The customer, or None if it was deleted.

    Raises:
        StripeObjectMissing: in live mode. Live customers cannot vanish, so the key belongs to another account (see
            `mirror.mark_unknown_deleted`). Customers of test mode can: all test data can be deleted in the dashboard,
            and the real Stripe may replace the pretend one.
    """
    try:
        found = call(api().customers.retrieve, customer_id)
    except StripeObjectMissing:
        if settings.STRIPE_LIVE_MODE:
            raise
        return None
    return None if found.get("deleted") else found


def delete_customer(*, customer_id: str) -> None:
    """Delete a customer, which ends its subscriptions at once; a deleted one is no error.

    Raises:
        StripeObjectMissing: see `find_customer`.
    """
    try:
        call(api().customers.delete, customer_id)
    except StripeObjectMissing:
        if find_customer(customer_id=customer_id) is not None:
            raise


# Subscriptions and invoices


def subscriptions_of(*, customer_id: str) -> list[Any]:
    """All subscriptions of a customer, including ended ones."""
    return list(_listed(api().subscriptions.list, {"customer": customer_id, "status": "all"}))


def all_subscriptions() -> Iterator[Any]:
    """All subscriptions of the account, including ended ones."""
    return _listed(api().subscriptions.list, {"status": "all"})


def cancel_subscription(*, subscription_id: str) -> None:
    """End a subscription now; an ended one is no error."""
    try:
        call(api().subscriptions.cancel, subscription_id)
    except StripeObjectMissing:
        return


def invoices_of(*, customer_id: str) -> list[Any]:
    """The newest invoices of a customer."""
    return list(call(api().invoices.list, params={"customer": customer_id, "limit": NEWEST_INVOICES}).data)


# Checkout and portal


def open_sessions_of(*, customer_id: str) -> list[Any]:
    """The customer's Checkout sessions that could still be paid."""
    return list(_listed(api().checkout.sessions.list, {"customer": customer_id, "status": "open"}))


def create_session(*, user_id: int, customer_id: str, price: str, number: int) -> Any:
    """Open the `number`-th Checkout session of a user, or find the one that the same call opened before.

    Raises:
        CreateFailed: see `stripe_client.create`.
    """
    metadata = {settings.STRIPE_CUSTOMER_KEY: str(user_id)}
    params: dict[str, Any] = {
        "mode": "subscription",
        "customer": customer_id,
        "client_reference_id": str(user_id),
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": f"{settings.WEB_ORIGIN}/billing/success?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{settings.WEB_ORIGIN}/billing/cancel",
        "metadata": {"price": price},
        "subscription_data": {"metadata": metadata},
    }
    if settings.STRIPE_PAYMENT_METHODS:
        params["payment_method_types"] = settings.STRIPE_PAYMENT_METHODS
    if settings.STRIPE_PROMOTION_CODES:
        params["allow_promotion_codes"] = True
    if settings.STRIPE_AUTOMATIC_TAX:
        params["automatic_tax"] = {"enabled": True}
        params["customer_update"] = {"address": "auto"}  # our customers have no address before Checkout
    key = f"{settings.STRIPE_CUSTOMER_KEY}-checkout-{customer_id}-{price}-{number}"
    return create(api().checkout.sessions.create, params=params, key=key)


def session(*, session_id: str) -> Any:
    """A Checkout session in any state.

    Raises:
        StripeObjectMissing: there is none.
    """
    return call(api().checkout.sessions.retrieve, session_id)


def expire_session(*, session_id: str) -> bool:
    """Expire a Checkout session; False if it was already paid or expired."""
    try:
        call(api().checkout.sessions.expire, session_id)
    except PaymentProviderRefused:
        return False
    return True


def create_portal(*, customer_id: str) -> str:
    """The URL of a page on which the customer changes card and subscription; it is valid for some minutes."""
    params = {"customer": customer_id, "return_url": f"{settings.WEB_ORIGIN}/billing/return"}
    return str(call(api().billing_portal.sessions.create, params=params).url)


# Disputes and refunds


def dispute(*, dispute_id: str) -> Any:
    """A dispute, with its charge.

    Raises:
        StripeObjectMissing: there is none.
    """
    return call(api().disputes.retrieve, dispute_id, params={"expand": ["charge"]})


def charge(*, charge_id: str) -> Any:
    """
    Raises:
        StripeObjectMissing: there is none.
    """
    return call(api().charges.retrieve, charge_id)


def early_fraud_warning(*, warning_id: str) -> Any:
    """A bank's warning that a charge is fraudulent, with its charge.

    Raises:
        StripeObjectMissing: there is none.
    """
    return call(api().radar.early_fraud_warnings.retrieve, warning_id, params={"expand": ["charge"]})


# Product and price


def product(*, product_id: str) -> Any:
    """
    Raises:
        StripeObjectMissing: there is none.
    """
    return call(api().products.retrieve, product_id)


def create_product(*, product_id: str, **values: Any) -> Any:
    """Create the product under our own id, or return it if another process has just done so."""
    try:
        return call(api().products.create, params={"id": product_id, **values})
    except PaymentProviderRefused:
        return product(product_id=product_id)


def update_product(*, product_id: str, **values: Any) -> Any:
    return call(api().products.update, product_id, params=values)


def price(*, price_id: str) -> Any:
    """A price, with its product.

    Raises:
        StripeObjectMissing: there is none.
    """
    return call(api().prices.retrieve, price_id, params={"expand": ["product"]})


def price_by_lookup_key(*, lookup_key: str) -> Any | None:
    """The price that has the lookup key now."""
    found = call(api().prices.list, params={"lookup_keys": [lookup_key], "limit": 1}).data
    return found[0] if found else None


def create_price(*, replaces: str, **values: Any) -> Any:
    """Make a price that takes the lookup key over from `replaces` (an id, or nothing).

    Two at once make one. An error that Stripe saved under the key they share is answered by a key of its own.
    """
    name = f"{values['lookup_key']}-{values['currency']}-{values['unit_amount']}-{values['product']}-{replaces}"
    params = {**values, "transfer_lookup_key": True}
    try:
        return create(api().prices.create, params=params, key=f"price-{name}")
    except CreateFailed as failure:
        if not failure.is_replay:
            raise failure.problem from None
    return call(api().prices.create, params=params, options={"idempotency_key": f"price-{name}-{uuid4()}"})


def archive_price(*, price_id: str) -> Any:
    """Archive a price; its subscribers keep it."""
    return call(api().prices.update, price_id, params={"active": False})


# Webhook endpoints


def webhook_endpoints() -> list[Any]:
    """Where Stripe sends events: `url`, `status`, `enabled_events`. Restricted keys may not list them."""
    return list(_listed(api().webhook_endpoints.list, {}))


# Events


def undelivered_events(*, since: datetime) -> Iterator[Any]:
    """The events of our types since then that are not delivered; Stripe keeps them for 30 days."""
    params = {"types": list(EVENT_TYPES), "delivery_success": False, "created": {"gte": int(since.timestamp())}}
    return _listed(api().events.list, params)
