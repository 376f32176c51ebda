"""A user with several customers at Stripe, and customers that move."""

from typing import Any

import pytest
from djstripe.models import Subscription

from accounts.models import User
from billing import checkout, entitlements, mirror, stripe_client
from billing.admin.user_panels import payments_panel
from billing.exceptions import AlreadySubscribed
from tests.billing.stripe_fixtures import customer_of, subscriber, tier_of
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def second_customer(double: StripeDouble, user: User, **values: Any) -> str:
    """A customer made directly at Stripe, with our metadata."""
    metadata = double.objects("customers")[customer_of(user)]["metadata"]
    made = stripe_client.api().customers.create(params={"metadata": metadata})
    mirror.refresh_customer(customer_id=made.id)
    double.edit("customers", made.id, **values)
    mirror.refresh_customer(customer_id=made.id)
    return str(made.id)


def test_portal_and_admin_show_the_customer_who_subscribes(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    second_customer(stripe_double, user, created=1_700_000_000)
    assert customer_of(user) == customer
    assert customer in str(payments_panel(user).facts)


def test_a_subscription_of_any_customer_forbids_another(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    second_customer(stripe_double, user, created=1_700_000_000)
    Subscription.objects.all().delete()  # as before its webhook arrives
    entitlements.recompute_stripe(user_id=user.pk)
    assert customer_of(user) != customer
    assert tier_of(user) == "basic"
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert tier_of(user) == "pro"
    assert stripe_double.calls("POST", "/v1/checkout/sessions") == []


def test_an_open_session_of_any_of_the_customers_is_reused(stripe_double: StripeDouble) -> None:
    user = make_user()
    first = checkout.start(user_id=user.pk)
    second_customer(stripe_double, user, created=1_700_000_000)
    assert checkout.start(user_id=user.pk).id == first.id


def test_a_customer_that_moves_to_another_account_moves_its_pro(stripe_double: StripeDouble, settings: Any) -> None:
    user, customer, _ = subscriber(stripe_double)
    other = make_user()
    stripe_double.edit("customers", customer, metadata={settings.STRIPE_CUSTOMER_KEY: str(other.pk)})
    mirror.refresh_customer(customer_id=customer)
    assert (tier_of(user), tier_of(other)) == ("basic", "pro")
