"""The comparison with Stripe: what counts as a difference, and what is counted for the alert."""

from typing import Any

import pytest
from djstripe.models import Customer, Subscription

from billing import entitlements, erasure, leases, mirror, reconcile, stripe_api
from config.observability import metrics
from tests.billing.stripe_fixtures import customer_of, deliver, events_of, subscribe, subscriber, tier_of
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def counted() -> dict[str, float]:
    """The counters that the alert uses."""
    return {found: metrics.stripe_differences.labels(found)._value.get() for found in ("drifted", "failed", "unowned")}


def test_an_erased_account_with_a_subscription_is_listed(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    erasure.reduce_to_invoices(user_id=user.pk)  # without the erasure's earlier step, as if staff had run this one
    assert Customer.objects.filter(id=customer, subscriber=None).exists()
    user.delete()
    assert reconcile.compare().unowned == [customer]


# Subscriptions made in the dashboard


def test_a_subscription_without_our_mark_is_compared_too(stripe_double: StripeDouble) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.edit("subscriptions", subscription, metadata={})
    mirror.refresh_customer(customer_id=customer)
    assert reconcile.compare().drifted == []
    Subscription.objects.all().delete()
    entitlements.recompute_stripe(user_id=user.pk)
    assert tier_of(user) == "basic"
    assert reconcile.compare().drifted == [customer]
    assert tier_of(user) == "pro"
    assert reconcile.compare().drifted == []


def test_a_very_recent_change_is_no_difference(stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.set_status(subscription, "unpaid")
    deliver(events_of(stripe_double, customer, "customer.subscription.updated")[-1])
    before = counted()
    assert reconcile.compare().drifted == [customer], "but it is repaired"
    assert counted() == before
    listed = stripe_api.all_subscriptions

    def list_then_mirror_another() -> Any:
        yield from list(listed())
        mirror.refresh_customer(customer_id=subscribe_another())

    def subscribe_another() -> str:
        another = make_user()
        subscribe(stripe_double, another)
        return customer_of(another)

    monkeypatch.setattr(stripe_api, "all_subscriptions", list_then_mirror_another)
    assert reconcile.compare().drifted == []
    assert Subscription.objects.count() == 2
    assert tier_of(user) == "basic"


def test_differences_are_counted_except_in_a_dry_run(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, _, _ = subscriber(stripe_double)
    erasure.reduce_to_invoices(user_id=lost.pk)
    lost.delete()
    before = counted()
    reconcile.compare(dry_run=True)
    assert counted() == before
    reconcile.compare()
    assert counted() == {**before, "drifted": before["drifted"] + 1, "unowned": before["unowned"] + 1}

    def busy(**_: Any) -> bool:
        raise leases.LeaseBusy("x")

    monkeypatch.setattr(mirror, "refresh_customer", busy)
    before = counted()
    reconcile.compare()
    assert counted() == {**before, "drifted": before["drifted"] + 1, "failed": before["failed"] + 1}


def test_a_customer_deleted_at_stripe_differs_only_once(stripe_double: StripeDouble) -> None:
    _, customer, _ = subscriber(stripe_double)
    stripe_api.delete_customer(customer_id=customer)
    assert reconcile.compare().drifted == [customer]
    assert reconcile.compare().drifted == []
