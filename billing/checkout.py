"""The way to Pro: at most one customer, one open Checkout session and one subscription a user, however often one asks.

All of it happens under a lease of the user's, and outside any transaction. Numbers make the idempotency keys, so that
even two at once, or one whose answer was lost, get the same from Stripe. They only rise when something is known to be
over, or was answered with an error.
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
from billing import leases, mirror, stripe_api, stripe_client, subscriptions
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
"""Seconds that one click waits for another's."""

LEAST_LEFT: Final = timedelta(minutes=30)
"""A session that ends sooner is replaced by a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A page on which Pro can be paid for; it has no address any more once it was paid, or has expired."""

    id: str
    url: str | None
    expires_at: datetime


def start(*, user_id: int) -> Session:
    """Open a Checkout session, or return the one that is open.

    Raises:
        NotForSale: there is no price, or Stripe does not know it.
        AlreadySubscribed: a subscription goes on, here or (its webhook being on its way) only at Stripe.
        SessionEnded: the account is being erased.
        CheckoutInProgress: another request has been at it for `WAIT` seconds, or took over.
        PaymentProviderAway, PaymentProviderRefused: see `stripe_api`.
    """
    price = Tier.objects.values_list("stripe_price", flat=True).get(slug=Tier.PRO)
    if not price:
        raise NotForSale
    try:
        with leases.hold(name=f"checkout:{user_id}", seconds=LEASE, wait=WAIT):
            return _start(user_id, price)
    except (leases.LeaseBusy, leases.LeaseLost):
        raise CheckoutInProgress(retry_after=1) from None


def session_of(*, session_id: str) -> Session:
    """A session that was opened before, as it is now.

    Raises:
        NoSubscription: Stripe does not know it.
        PaymentProviderAway, PaymentProviderRefused: see `stripe_api`.
    """
    try:
        return _opened(stripe_api.session(session_id=session_id))
    except stripe_client.NotThere:
        raise NoSubscription from None


def portal_url(*, user_id: int) -> str:
    """The address of the user's portal at Stripe.

    Raises:
        NoSubscription: the user never began to subscribe.
        PaymentProviderAway, PaymentProviderRefused: see `stripe_api`.
    """
    customer_id = mirror.customer_of(user_id=user_id)
    if customer_id is None:
        raise NoSubscription
    try:
        return stripe_api.create_portal(customer_id=customer_id)
    except stripe_client.NotThere:
        raise NoSubscription from None


def _start(user_id: int, price: str) -> Session:
    if not User.objects.filter(pk=user_id, is_active=True).exists():  # an erasure, which needs this lease too, began
        raise SessionEnded
    Checkout.objects.get_or_create(pk=user_id)
    customers = _living_customers(user_id) or [_new_customer(user_id)]
    # Before the subscriptions: a session that is not open any more because it was paid has left one of them.
    sessions = [each for customer_id in customers for each in stripe_api.open_sessions_of(customer_id=customer_id)]
    subscribed = [each for customer_id in customers for each in stripe_api.subscriptions_of(customer_id=customer_id)]
    for each in subscribed:
        if each.status in subscriptions.RUNNING:
            mirror.refresh_customer(customer_id=each.customer)  # its webhook may be lost
            raise AlreadySubscribed(portal="/subscription/portal")
    for each in subscribed:
        if each.status == subscriptions.UNPAID:
            stripe_api.cancel_subscription(subscription_id=each.id)
    return _reuse(user_id, sessions, price) or _open(user_id, customers[0], price)


def _living_customers(user_id: int) -> list[str]:
    """The user's customers at Stripe; normally one at most. Whether they live, Stripe is asked."""
    living = []
    for customer in mirror.customers_of(user_id=user_id):
        lives = mirror.lives(customer=customer)
        if lives is (customer.date_purged is not None):
            mirror.refresh_customer(customer_id=customer.id)
        if lives:
            living.append(customer.id)
    return living


def _new_customer(user_id: int) -> str:
    """Make the user a customer at Stripe, stored here at once.

    Raises:
        PaymentProviderRefused: Stripe gives one that is deleted, again.
    """
    user = User.objects.get(pk=user_id)
    for _ in range(2):
        customer_id: str = _create(user_id, "customer_number", partial(stripe_api.create_customer, user=user))
        if mirror.refresh_customer(customer_id=customer_id, is_new=True):
            return customer_id
        # It was deleted since, and its idempotency key leads to it for 24 hours.
        Checkout.objects.filter(pk=user_id).update(customer_number=F("customer_number") + 1)
    raise PaymentProviderRefused


def _create(user_id: int, counter: str, create: Callable[..., Any]) -> Any:
    """Create something at Stripe under a number that makes its idempotency key.

    The number rises after every error, which Stripe would repeat for 24 hours under the same key; one that was only
    such a repeat is followed by another try at once. What an error left behind at Stripe all the same is found: open
    sessions are listed before, and of a customer an event tells.

    Raises:
        PaymentProviderAway, PaymentProviderRefused: see `stripe_api`.
    """
    for may_repeat in (True, False):
        number = Checkout.objects.values_list(counter, flat=True).get(pk=user_id)
        try:
            return create(number=number)
        except stripe_client.CreateFailed as failure:
            Checkout.objects.filter(pk=user_id).update(**{counter: number + 1})
            if not (may_repeat and failure.is_replay):
                raise failure.problem from failure.problem.__cause__
    raise AssertionError("the second try returns or raises")


def _reuse(user_id: int, sessions: list[Any], price: str) -> Session | None:
    """The session that is open, if it sells today's price and lasts a while; others are closed."""
    reusable = None
    for session in sessions:
        if reusable is None and _fits(session, price):
            reusable = session
        elif not stripe_api.expire_session(session_id=session.id):
            raise CheckoutInProgress(retry_after=1)  # it is being paid at this moment
    if reusable is None:
        return None
    Checkout.objects.filter(pk=user_id).update(session_id=reusable.id)
    return _opened(reusable)


def _open(user_id: int, customer_id: str, price: str) -> Session:
    # If there was one, it is not open any more, and its key would bring it back.
    Checkout.objects.filter(pk=user_id).exclude(session_id="").update(
        session_number=F("session_number") + 1, session_id=""
    )
    create = partial(stripe_api.create_session, user_id=user_id, customer_id=customer_id, price=price)
    try:
        session = _create(user_id, "session_number", create)
    except PaymentProviderRefused as problem:
        if not (isinstance(problem, stripe_client.NotThere) or stripe_client.concerns_price(problem)):
            raise
        log.error("stripe_does_not_sell_this_price", price=price)
        mirror.refresh_price(price_id=price)  # so that it is not offered any more
        raise NotForSale from None
    Checkout.objects.filter(pk=user_id).update(session_id=session.id)
    return _opened(session)


def _fits(session: Any, price: str) -> bool:
    sold = (session.get("metadata") or {}).get("price")
    return bool(sold == price and _opened(session).expires_at > timezone.now() + LEAST_LEFT)


def _opened(session: Any) -> Session:
    return Session(
        id=session.id,
        url=session.url if session.status == "open" else None,
        expires_at=datetime.fromtimestamp(session.expires_at, tz=timezone.get_current_timezone()),
    )
