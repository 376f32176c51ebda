"""Checkout: one customer and one open session per user, in any state at Stripe."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from billing import checkout, leases, mirror, stripe_api
from billing.exceptions import PaymentProviderUnavailable
from billing.models import Tier
from tests.billing.stripe_fixtures import customer_of, subscribe, subscriber
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def is_pro(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_pro


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


def test_a_session_that_has_expired_is_replaced(stripe_double: StripeDouble) -> None:
    user = make_user()
    first = checkout.start(user_id=user.pk)
    stripe_double.advance(24 * 3600)
    second = checkout.start(user_id=user.pk)
    assert second.id != first.id
    assert len(stripe_double.objects("customers")) == 1


def test_a_payer_with_a_lost_webhook_is_pro_at_the_next_click(stripe_double: StripeDouble) -> None:
    user = make_user()
    stripe_double.pay(checkout.start(user_id=user.pk).url)
    assert not user.is_pro, "coming back from the checkout grants nothing"
    with pytest.raises(checkout.AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert type(user).objects.get(pk=user.pk).is_pro


@pytest.mark.parametrize(("status", "sold"), [("past_due", 0), ("unpaid", 1), ("paused", 0), ("canceled", 1)])
def test_only_users_without_a_subscription_are_sold_one(stripe_double: StripeDouble, status: str, sold: int) -> None:
    user, _, subscription = subscriber(stripe_double)
    stripe_double.set_status(subscription, status)
    if sold:
        assert checkout.start(user_id=user.pk).url
    else:
        with pytest.raises(checkout.AlreadySubscribed):
            checkout.start(user_id=user.pk)
    assert len(stripe_double.calls("POST", "/v1/checkout/sessions")) == sold


def test_a_customer_deleted_at_stripe_is_created_again(stripe_double: StripeDouble) -> None:
    user, seen = make_user(), set()
    for _ in range(3):
        checkout.start(user_id=user.pk)
        customer = customer_of(user)
        assert customer not in seen
        seen.add(customer)
        stripe_api.delete_customer(customer_id=customer)
    assert len(stripe_double.objects("customers")) == 3


def test_stripe_gets_no_phone_number(stripe_double: StripeDouble) -> None:
    user = make_user()
    checkout.start(user_id=user.pk)
    assert user.mobile_number[3:] not in str(stripe_double.calls())


# Objects that are missing at Stripe


def test_a_price_that_stripe_does_not_know_is_not_for_sale(stripe_double: StripeDouble) -> None:
    Tier.objects.filter(slug=Tier.PRO).update(stripe_price="price_of_the_other_mode")
    response = client_of(make_user()).post("/subscribe/pro")
    assert (response.status_code, response.json()["code"]) == (503, "not_for_sale")


def test_a_customer_deleted_before_it_was_stored_is_replaced(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()

    def fail(**_: Any) -> bool:
        raise PaymentProviderUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(mirror, "refresh_customer", fail)
        with pytest.raises(PaymentProviderUnavailable):
            checkout.start(user_id=user.pk)
    [deleted] = stripe_double.objects("customers")
    stripe_api.delete_customer(customer_id=deleted)
    assert client_of(user).post("/subscribe/pro").status_code == 200
    assert customer_of(user) != deleted


def test_a_click_whose_lease_was_lost_gets_a_409(stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user()
    subscribe(stripe_double, user)

    def lost(_: Any) -> None:
        raise leases.LeaseLost("x")

    monkeypatch.setattr(leases.HeldLease, "confirm", lost)
    response = client_of(user).post("/subscribe/pro")
    assert (response.status_code, response.json()["code"]) == (409, "checkout_in_progress")
