"""Subscribing to Pro: a user has at most one customer, one open Checkout session and one subscription at Stripe.

Everything happens under a lease per user, outside any transaction. The idempotency keys are made of counters, so that
two requests at once, or a repeat after a lost response, get the same object from Stripe. A counter is raised only when
its object is known to be over, or when Stripe responded with an error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from django.db.models import F
from django.utils import timezone

from accounts.exceptions import SessionEnded
from accounts.models import User
from billing import entitlement_dates, leases, mirror, stripe_api, stripe_client
from billing.exceptions import (
    AlreadySubscribed,
    CheckoutInProgress,
    NoSubscription,
    NotForSale,
    PaymentProviderRefused,
)
from billing.models import Checkout, Tier

log = structlog.get_logger(__name__)

LEASE: Final = 60.0
WAIT: Final = 8.0
"""Seconds that a request waits for another request of the user."""

MIN_REMAINING: Final = timedelta(minutes=30)
"""A session that expires sooner is replaced by a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutSession:
    """A Checkout session at Stripe. `url` is None once it was paid or has expired."""

    id: str
    url: str | None
    expires_at: datetime


def start(*, user_id: int) -> CheckoutSession:
    """Open a Checkout session, or return the one that is open.

    Raises:
        NotForSale: there is no price, here or at Stripe.
        AlreadySubscribed: there is a subscription, here or (before its webhook has arrived) only at Stripe.
        SessionEnded: the account is being erased.
        CheckoutInProgress: another request holds the lease for longer than `WAIT`, or has taken it over.
        PaymentProviderUnavailable, PaymentProviderRefused: see `stripe_api`.
    """
    price = Tier.objects.values_list("stripe_price", flat=True).get(slug=Tier.PRO)
    if not price:
        raise NotForSale
    try:
        with leases.hold(name=f"checkout:{user_id}", seconds=LEASE, wait=WAIT):
            return _start(user_id, price)
    except (leases.LeaseBusy, leases.LeaseLost):
        raise CheckoutInProgress(retry_after=1) from None


def find_session(*, session_id: str) -> CheckoutSession:
    """The current state of a session that was opened before.

    Raises:
        NoSubscription: there is no such session at Stripe.
        PaymentProviderUnavailable, PaymentProviderRefused: see `stripe_api`.
    """
    try:
        return _snapshot(stripe_api.session(session_id=session_id))
    except stripe_client.StripeObjectMissing:
        raise NoSubscription from None


def portal_url(*, user_id: int) -> str:
    """The URL of the user's portal at Stripe.

    Raises:
        NoSubscription: the user has never subscribed.
        PaymentProviderUnavailable, PaymentProviderRefused: see `stripe_api`.
    """
    customer_id = mirror.customer_of(user_id=user_id)
    if customer_id is None:
        raise NoSubscription
    try:
        return stripe_api.create_portal(customer_id=customer_id)
    except stripe_client.StripeObjectMissing:
        raise NoSubscription from None


def _start(user_id: int, price: str) -> CheckoutSession:
    if not User.objects.filter(pk=user_id, is_active=True).exists():  # being erased; the erasure takes this lease, too
        raise SessionEnded
    Checkout.objects.get_or_create(pk=user_id)
    customers = _existing_customers(user_id) or [_new_customer(user_id)]
    # List sessions before subscriptions: one that is paid in between then shows up as a subscription.
    sessions = [each for customer_id in customers for each in stripe_api.open_sessions_of(customer_id=customer_id)]
    subscribed = [each for customer_id in customers for each in stripe_api.subscriptions_of(customer_id=customer_id)]
    for each in subscribed:
        if each.status in entitlement_dates.RUNNING:
            mirror.refresh_customer(customer_id=each.customer)  # its webhook may have been lost
            raise AlreadySubscribed(portal="/subscription/portal")
    for each in subscribed:
        if each.status == entitlement_dates.UNPAID:
            stripe_api.cancel_subscription(subscription_id=each.id)
    return _reuse(user_id, sessions, price) or _open(user_id, customers[0], price)


def _existing_customers(user_id: int) -> list[str]:
    """The ids of the user's customers that exist at Stripe, as Stripe says now; normally at most one."""
    existing = []
    for customer in mirror.customers_of(user_id=user_id):
        exists = mirror.exists_at_stripe(customer=customer)
        if exists is (customer.date_purged is not None):
            mirror.refresh_customer(customer_id=customer.id)
        if exists:
            existing.append(customer.id)
    return existing


def _new_customer(user_id: int) -> str:
    """Create a customer at Stripe and mirror it; its id.

    Raises:
        PaymentProviderRefused: Stripe returned a deleted customer twice.
    """
    user = User.objects.get(pk=user_id)
    for _ in range(2):
        customer_id: str = _create(user_id, "customer_number", partial(stripe_api.create_customer, user=user))
        if mirror.refresh_customer(customer_id=customer_id, is_new=True):
            return customer_id
        # It has been deleted, and its idempotency key returns it for 24 hours.
        Checkout.objects.filter(pk=user_id).update(customer_number=F("customer_number") + 1)
    raise PaymentProviderRefused


def _create(user_id: int, counter: str, create: Callable[..., Any]) -> Any:
    """Create an object at Stripe with an idempotency key made of `counter`.

    The counter is raised after every error, since Stripe repeats the error for 24 hours under the same key. If the
    error was only such a repeat, there is a second attempt at once. An object that Stripe created in spite of an error
    is found later: open sessions are listed before, and a customer has an event.

    Raises:
        PaymentProviderUnavailable, PaymentProviderRefused: see `stripe_api`.
    """
    for may_retry in (True, False):
        number = Checkout.objects.values_list(counter, flat=True).get(pk=user_id)
        try:
            return create(number=number)
        except stripe_client.CreateFailed as failure:
            Checkout.objects.filter(pk=user_id).update(**{counter: number + 1})
            if not (may_retry and failure.is_replay):
                raise failure.problem from failure.problem.__cause__
    raise AssertionError("the second attempt returns or raises")


def _reuse(user_id: int, sessions: list[Any], price: str) -> CheckoutSession | None:
    """The open session, if it sells the current price and does not expire soon; other sessions are closed."""
    reusable = None
    for session in sessions:
        if reusable is None and _is_reusable(session, price):
            reusable = session
        elif not stripe_api.expire_session(session_id=session.id):
            raise CheckoutInProgress(retry_after=1)  # it is being paid
    if reusable is None:
        return None
    Checkout.objects.filter(pk=user_id).update(session_id=reusable.id)
    return _snapshot(reusable)


def _open(user_id: int, customer_id: str, price: str) -> CheckoutSession:
    # An earlier session is not open any more, but its idempotency key would return it.
    Checkout.objects.filter(pk=user_id).exclude(session_id="").update(
        session_number=F("session_number") + 1, session_id=""
    )
    create = partial(stripe_api.create_session, user_id=user_id, customer_id=customer_id, price=price)
    try:
        session = _create(user_id, "session_number", create)
    except PaymentProviderRefused as problem:
        if not (isinstance(problem, stripe_client.StripeObjectMissing) or stripe_client.concerns_price(problem)):
            raise
        log.error("stripe_does_not_sell_this_price", price=price)
        mirror.refresh_price(price_id=price)  # so that it is no longer offered
        raise NotForSale from None
    Checkout.objects.filter(pk=user_id).update(session_id=session.id)
    return _snapshot(session)


def _is_reusable(session: Any, price: str) -> bool:
    sold = (session.get("metadata") or {}).get("price")
    return bool(sold == price and _snapshot(session).expires_at > timezone.now() + MIN_REMAINING)


def _snapshot(session: Any) -> CheckoutSession:
    return CheckoutSession(
        id=session.id,
        url=session.url if session.status == "open" else None,
        expires_at=datetime.fromtimestamp(session.expires_at, tz=timezone.get_current_timezone()),
    )
