"""In any order of events, the rows end in Stripe's state; Stripe is not called in a transaction."""

import itertools
from typing import Any

import pytest
import stripe
from django.db import connection
from djstripe.models import Customer, Invoice, Subscription

from billing import checkout, entitlements, events, mirror, reconcile, stripe_api, stripe_client
from billing.exceptions import AlreadySubscribed
from billing.models import Entitlement, StripeEvent
from tests.billing.stripe_fixtures import customer_of, deliver, events_of, source_of, subscribe, subscriber
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("published")

KINDS = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "invoice.paid",
    "customer.subscription.deleted",
)


ORDERS = [
    pytest.param(order, marks=pytest.mark.faults) if number % 5 else order
    for number, order in enumerate(itertools.permutations(range(4)))
]
"""A fifth of all orders of four events, in which each comes first and last; `make faults` runs the others."""


def status_here(subscription: str) -> str:
    return str(Subscription.objects.get(id=subscription).stripe_data["status"])


# Order


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(map(str, order)))
@pytest.mark.parametrize("again", [False, True], ids=["ended", "subscribed again"])
def test_any_order_of_events_twice_each_ends_in_stripes_state(
    stripe_double: StripeDouble, order: tuple[int, ...], again: bool
) -> None:
    user = make_user()
    ended = subscribe(stripe_double, user)
    stripe_double.set_status(ended, "canceled")
    customer = customer_of(user)
    delivered = [events_of(stripe_double, customer, kind)[-1] for kind in KINDS]
    now = subscribe(stripe_double, user) if again else ""
    for number in order:
        for _ in range(2):
            row = deliver(delivered[number])
            assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == ("stripe" if again else "default")
    assert status_here(ended) == "canceled"
    assert not again or status_here(now) == "active"
    assert StripeEvent.objects.filter(processed_at__isnull=False).count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1)])
def test_events_between_changes_end_in_stripes_state(stripe_double: StripeDouble, order: tuple[int, ...]) -> None:
    """The events of the first half arrive late, when the subscription has already ended."""
    user = make_user()
    subscription = subscribe(stripe_double, user)
    customer = customer_of(user)
    delivered = [events_of(stripe_double, customer, kind)[-1] for kind in KINDS[:3]]
    assert events.process(event_id=deliver(delivered[order[0] % 3]).pk) == "done"
    assert source_of(user) == "stripe"
    stripe_double.set_status(subscription, "canceled")
    delivered.append(events_of(stripe_double, customer, KINDS[3])[0])
    for number in order:
        events.process(event_id=deliver(delivered[number]).pk)
    assert source_of(user) == "default"
    assert Subscription.objects.count() == 1


# The owners of customers


@pytest.mark.django_db
@pytest.mark.parametrize("owner", ["", "999999999", "x", "-1", "٣", "9" * 30, None])
def test_an_unknown_customer_is_ignored(stripe_double: StripeDouble, settings: Any, owner: Any) -> None:
    made = stripe_client.api().customers.create(params={"metadata": {"shop": "another"}})
    metadata = {} if owner is None else {settings.STRIPE_CUSTOMER_KEY: owner}
    stripe_double.edit("customers", made.id, metadata=metadata)
    assert mirror.refresh_customer(customer_id=made.id) is False
    assert not Customer.objects.exists()
    assert len(stripe_double.calls("GET")) == 1


@pytest.mark.django_db
def test_a_customer_of_the_other_mode_is_ignored(stripe_double: StripeDouble, settings: Any) -> None:
    user = make_user()
    metadata = {settings.STRIPE_CUSTOMER_KEY: str(user.pk)}
    made = stripe_client.api().customers.create(params={"metadata": metadata})
    stripe_double.edit("customers", made.id, livemode=True)
    assert mirror.refresh_customer(customer_id=made.id) is False
    assert not Customer.objects.exists()


@pytest.mark.django_db
def test_a_customer_deleted_at_stripe_is_basic_and_purged(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    stripe_api.delete_customer(customer_id=customer)
    row = deliver(events_of(stripe_double, customer, "customer.deleted")[0])
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "default"
    assert Customer.objects.get(id=customer).date_purged
    assert mirror.customer_of(user_id=user.pk) is None
    for late in events_of(stripe_double, customer):
        assert events.process(event_id=deliver(late).pk) == "done"
    assert source_of(user) == "default"
    assert Customer.objects.get(id=customer).date_purged


# Transactions and the network


@pytest.fixture
def calls(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call of the SDK; one in a transaction fails the test."""
    found: list[str] = []
    in_transaction: list[str] = []
    request = stripe.HTTPClient.request_with_retries

    def watched(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        (in_transaction if connection.in_atomic_block else found).append(f"{method} {url}")
        return request(self, method, url, *args, **kwargs)

    monkeypatch.setattr(stripe.HTTPClient, "request_with_retries", watched)
    yield found
    assert not in_transaction
    assert found


@pytest.mark.parametrize("before", ["open_sessions_of", "subscriptions_of"])
def test_paying_during_a_click_opens_no_second_session(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    user = make_user()
    first = checkout.start(user_id=user.pk)
    ask = getattr(stripe_api, before)

    def paid_and_asked(**what: Any) -> Any:
        monkeypatch.setattr(stripe_api, before, ask)
        stripe_double.pay(first.url or "")
        return ask(**what)

    monkeypatch.setattr(stripe_api, before, paid_and_asked)
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    customer = customer_of(user)
    assert len(stripe_api.subscriptions_of(customer_id=customer)) == 1
    assert stripe_api.open_sessions_of(customer_id=customer) == []


def test_stripe_is_never_asked_in_a_transaction(calls: list[str], stripe_double: StripeDouble) -> None:
    user = make_user()
    subscription = subscribe(stripe_double, user)
    customer = customer_of(user)
    for event in events_of(stripe_double, customer):
        events.process(event_id=deliver(event).pk)
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert checkout.portal_url(user_id=user.pk)
    # As with an empty mirror: prices and products are unknown too.
    for model in (Invoice, Subscription, Customer):
        model.objects.all().delete()
    entitlements.recompute_stripe(user_id=user.pk)
    assert source_of(user) == "default"
    from djstripe.models import Price, Product

    Price.objects.all().delete()
    Product.objects.all().delete()
    assert reconcile.compare().drifted == [customer]
    assert source_of(user) == "stripe"
    stripe_double.at_portal(checkout.portal_url(user_id=user.pk), "card_works")
    stripe_double.to_period_end(subscription)
    reconcile.find_missed()
    for row in StripeEvent.objects.filter(processed_at=None):
        assert events.process(event_id=row.pk) == "done"
    stripe_api.delete_customer(customer_id=customer)
    mirror.refresh_customer(customer_id=customer)
    session = checkout.start(user_id=user.pk)
    assert session.url
    assert Entitlement.objects.get(pk=user.pk).stripe_until is None
