"""The boundary to Stripe: every call that we make ourselves, its limits, and its failures as ours.

(dj-stripe, given what these return, stores it; where it asks Stripe something itself, it does so with the same client.)
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

import stripe
import structlog
from django.conf import settings

from accounts.models import User
from billing.exceptions import NotForSale, PaymentProviderAway, PaymentProviderRefused
from config.breaker import breaker_of

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

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
    "product.updated",
    "price.updated",
)
"""What the webhook endpoint at Stripe should send. Others are taken too, and change nothing."""


class NotThere(PaymentProviderRefused):
    """Stripe knows no such object, at least not under our key."""


@cache
def _client(key: str, host: str, timeout: float) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": host} if host else {},
        http_client=stripe.new_default_http_client(timeout=timeout),
        max_network_retries=1,
    )


def _api() -> Any:
    """The client's resources; untyped, since the SDK types parameters as literal dictionaries.

    Raises:
        NotForSale: there is no key.
    """
    if not settings.STRIPE_SECRET_KEY:
        raise NotForSale
    host = getattr(settings, "STRIPE_API_HOST", "")
    return _client(settings.STRIPE_SECRET_KEY, host, settings.STRIPE_TIMEOUT).v1


def configure_sdk() -> None:
    """Give the SDK's own default client, which dj-stripe uses, our limits; without them a call may take 80 s thrice."""
    stripe.api_version = settings.STRIPE_API_VERSION
    stripe.default_http_client = stripe.new_default_http_client(timeout=settings.STRIPE_TIMEOUT)
    stripe.max_network_retries = 1


def _call(method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Make one call.

    Raises:
        NotThere: the object does not exist.
        PaymentProviderAway: no answer, too many requests, or an error on Stripe's side; it may be repeated.
        PaymentProviderRefused: Stripe understood and refuses; repeating does not help.
    """
    breaker = breaker_of("stripe")
    if not breaker.allows():
        raise PaymentProviderAway(retry_after=2)
    try:
        answer = method(*args, **kwargs)
    except stripe.StripeError as error:
        if error.code == "resource_missing":
            breaker.succeeded()
            log.info("stripe_knows_no_such_object", stripe_request=error.request_id)
            raise NotThere from None
        log.warning("stripe_call_failed", cause=type(error).__name__, code=error.code, stripe_request=error.request_id)
        if not _is_away(error):
            breaker.succeeded()
            raise PaymentProviderRefused from None
        breaker.failed()
        raise PaymentProviderAway(retry_after=5) from None
    breaker.succeeded()
    return answer


def _is_away(error: stripe.StripeError) -> bool:
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
        return True
    return (error.http_status or 500) >= 500 or error.http_status == 409  # 409: the same key is being worked on


def _listed(method: Callable[..., Any], params: dict[str, Any]) -> Iterator[Any]:
    """Every object of a list, page by page."""
    page = _call(method, params={"limit": PAGE, **params})
    while True:
        yield from page.data
        if not page.has_more:
            return
        page = _call(method, params={"limit": PAGE, **params, "starting_after": page.data[-1].id})


# Customers


def create_customer(*, user: User, number: int) -> str:
    """Make the `number`-th customer of a user, or return the one made by the same call before; its id.

    The user's id alone would not do for a key: after a restored backup it is given out again.

    Neither telephone number nor name is sent: Checkout asks for what a payment needs.
    """
    key = f"{settings.STRIPE_CUSTOMER_KEY}-customer-{user.pk}-{user.created_at.timestamp()}-{number}"
    params = {"metadata": {settings.STRIPE_CUSTOMER_KEY: str(user.pk)}}
    created = _call(_api().customers.create, params=params, options={"idempotency_key": key})
    return str(created.id)


def living_customer(*, customer_id: str) -> Any | None:
    """The customer, or None if it was deleted.

    Raises:
        NotThere: live customers cannot vanish, so the key is another account's, and says nothing about this one (see
            `mirror.forget_unknown`). Those of test mode can: all test data is deleted at a click, and the pretend
            Stripe is replaced by the real one.
    """
    try:
        found = _call(_api().customers.retrieve, customer_id)
    except NotThere:
        if settings.STRIPE_LIVE_MODE:
            raise
        return None
    return None if found.get("deleted") else found


def delete_customer(*, customer_id: str) -> None:
    """Delete a customer, which ends all its subscriptions at once; one that was deleted before is fine.

    Raises:
        NotThere: see `living_customer`.
    """
    try:
        _call(_api().customers.delete, customer_id)
    except NotThere:
        if living_customer(customer_id=customer_id) is not None:
            raise


# Subscriptions and invoices


def subscriptions_of(*, customer_id: str) -> list[Any]:
    """All subscriptions of a customer, ended ones too."""
    return list(_listed(_api().subscriptions.list, {"customer": customer_id, "status": "all"}))


def all_subscriptions() -> Iterator[Any]:
    """All subscriptions of the account, ended ones too."""
    return _listed(_api().subscriptions.list, {"status": "all"})


def invoices_of(*, customer_id: str) -> list[Any]:
    """The newest invoices of a customer."""
    return list(_call(_api().invoices.list, params={"customer": customer_id, "limit": NEWEST_INVOICES}).data)


# Checkout and portal


def open_sessions_of(*, customer_id: str) -> list[Any]:
    """The customer's Checkout sessions that could still be paid."""
    return list(_listed(_api().checkout.sessions.list, {"customer": customer_id, "status": "open"}))


def create_session(*, user_id: int, customer_id: str, price: str, number: int) -> Any:
    """Open the `number`-th Checkout session of a user, or return the one opened by the same call before."""
    mark = {settings.STRIPE_CUSTOMER_KEY: str(user_id)}
    params = {
        "mode": "subscription",
        "customer": customer_id,
        "client_reference_id": str(user_id),
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": f"{settings.WEB_ORIGIN}/billing/success?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{settings.WEB_ORIGIN}/billing/cancel",
        "metadata": {"price": price},
        "subscription_data": {"metadata": mark},
    }
    key = f"{settings.STRIPE_CUSTOMER_KEY}-checkout-{customer_id}-{price}-{number}"
    return _call(_api().checkout.sessions.create, params=params, options={"idempotency_key": key})


def session(*, session_id: str) -> Any:
    """A Checkout session, in whatever state it is.

    Raises:
        NotThere: there is none.
    """
    return _call(_api().checkout.sessions.retrieve, session_id)


def expire_session(*, session_id: str) -> bool:
    """Close a Checkout session; False if it was paid or over already."""
    try:
        _call(_api().checkout.sessions.expire, session_id)
    except PaymentProviderRefused:
        return False
    return True


def create_portal(*, customer_id: str) -> str:
    """The address of a page on which the customer changes card and subscription; it works for some minutes."""
    params = {"customer": customer_id, "return_url": f"{settings.WEB_ORIGIN}/billing/return"}
    return str(_call(_api().billing_portal.sessions.create, params=params).url)


# Product and price


def product(*, product_id: str) -> Any:
    """The product.

    Raises:
        NotThere: there is none.
    """
    return _call(_api().products.retrieve, product_id)


def create_product(*, product_id: str, **values: Any) -> Any:
    """Make the product under our own id; if somebody else just did, theirs."""
    try:
        return _call(_api().products.create, params={"id": product_id, **values})
    except PaymentProviderRefused:
        return product(product_id=product_id)


def update_product(*, product_id: str, **values: Any) -> Any:
    """Change the product."""
    return _call(_api().products.update, product_id, params=values)


def price(*, price_id: str) -> Any:
    """A price, with its product.

    Raises:
        NotThere: there is none.
    """
    return _call(_api().prices.retrieve, price_id, params={"expand": ["product"]})


def price_of_key(*, lookup_key: str) -> Any | None:
    """The price that the key leads to now."""
    found = _call(_api().prices.list, params={"lookup_keys": [lookup_key], "limit": 1}).data
    return found[0] if found else None


def create_price(*, instead_of: str, **values: Any) -> Any:
    """Make a price that takes the lookup key over from `instead_of` (an id, or nothing)."""
    named = f"{values['lookup_key']}-{values['currency']}-{values['unit_amount']}-{values['product']}-{instead_of}"
    params = {**values, "transfer_lookup_key": True}
    return _call(_api().prices.create, params=params, options={"idempotency_key": f"price-{named}"})


def archive_price(*, price_id: str) -> Any:
    """Sell a price no more; who subscribed to it keeps it."""
    return _call(_api().prices.update, price_id, params={"active": False})


# Webhook endpoints


def webhook_endpoints() -> list[Any]:
    """Where Stripe sends events: each with `url`, `status` and `enabled_events`. Restricted keys may not list them."""
    return list(_listed(_api().webhook_endpoints.list, {}))


# Events


def undelivered_events(*, since: datetime) -> Iterator[Any]:
    """The events of our kinds since then whose delivery failed or still goes on; Stripe keeps them for 30 days."""
    params = {"types": list(EVENT_TYPES), "delivery_success": False, "created": {"gte": int(since.timestamp())}}
    return _listed(_api().events.list, params)
