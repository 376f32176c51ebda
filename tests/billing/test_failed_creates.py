"""Stripe saves the first response to an idempotency key, also an error; none of them prevents a later purchase."""

from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Checkout
from tests.clients import signed_in
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db

SESSIONS, CUSTOMERS = "POST /v1/checkout/sessions", "POST /v1/customers"


def subscribe(user: User) -> Any:
    return signed_in(user).post("/subscribe/pro", format="json")


@pytest.fixture
def user(stripe_double: StripeDouble) -> User:
    return make_user()


@pytest.mark.parametrize("call", [SESSIONS, CUSTOMERS])
def test_a_single_500_does_not_reach_the_user(user: User, stripe_double: StripeDouble, call: str) -> None:
    stripe_double.switch(failures=[[call, 500, "", 1]])
    assert subscribe(user).status_code == 200  # the SDK's own retry got the 500 again; ours has another key


@pytest.mark.parametrize("call", [SESSIONS, CUSTOMERS])
@pytest.mark.parametrize("status", [400, 402, 500])
def test_the_click_after_an_error_works(user: User, stripe_double: StripeDouble, call: str, status: int) -> None:
    stripe_double.switch(failures=[[call, status, "", 2]])
    first = subscribe(user)
    stripe_double.switch(failures=[])
    assert first.status_code in (200, 502, 503)
    assert subscribe(user).status_code == 200
    assert len(stripe_double.objects("customers")) == 1
    assert len(stripe_double.objects("sessions")) == 1


def test_an_error_of_the_account_ends_with_its_cause(user: User, stripe_double: StripeDouble) -> None:
    stripe_double.switch(failures=[[SESSIONS, 400, "", 1_000]])
    assert [subscribe(user).status_code for _ in range(3)] == [502, 502, 502]
    stripe_double.switch(failures=[])
    assert subscribe(user).status_code == 200


def test_a_failed_key_of_an_earlier_release_is_skipped(user: User, stripe_double: StripeDouble) -> None:
    stripe_double.switch(failures=[[SESSIONS, 400, "", 1]])
    assert subscribe(user).status_code == 502
    Checkout.objects.update(session_number=1)
    assert subscribe(user).status_code == 200


def test_errors_of_one_user_do_not_affect_others(user: User, stripe_double: StripeDouble) -> None:
    stripe_double.switch(failures=[[SESSIONS, 500, "", 2]])
    assert subscribe(user).status_code == 503
    assert subscribe(make_user()).status_code == 200, "at once, without waiting for a breaker"


def test_changed_settings_use_a_new_idempotency_key(user: User, stripe_double: StripeDouble) -> None:
    assert subscribe(user).status_code == 200
    for session in stripe_double.objects("sessions"):
        stripe_double.edit("sessions", session, status="expired")
    Checkout.objects.update(session_id="", session_number=1)
    with override_settings(STRIPE_PROMOTION_CODES=True, STRIPE_AUTOMATIC_TAX=True):
        assert subscribe(user).status_code == 200
    asked = stripe_double.calls("POST", "/v1/checkout/sessions")[-1]["params"]
    assert (asked["allow_promotion_codes"], asked["automatic_tax"]) == ("true", {"enabled": "true"})
    assert asked["customer_update"] == {"address": "auto"}


def test_a_lost_response_is_requested_under_the_same_key(user: User, stripe_double: StripeDouble) -> None:
    stripe_double.switch(cut_after=2)
    assert subscribe(user).status_code == 503
    import time

    time.sleep(2.1)  # until the circuit breaker allows a call again
    assert subscribe(user).status_code == 200
    assert len(stripe_double.objects("customers")) == 1


def test_only_cards_are_accepted_by_default(user: User, stripe_double: StripeDouble) -> None:
    assert subscribe(user).status_code == 200
    assert stripe_double.calls("POST", "/v1/checkout/sessions")[0]["params"]["payment_method_types"] == ["card"]
    with override_settings(STRIPE_PAYMENT_METHODS=[]):
        assert subscribe(make_user()).status_code == 200
    assert "payment_method_types" not in stripe_double.calls("POST", "/v1/checkout/sessions")[1]["params"]


def test_an_archived_price_is_not_for_sale(user: User, stripe_double: StripeDouble) -> None:
    [price] = stripe_double.objects("prices")
    stripe_double.edit("prices", price, active=False)
    response = subscribe(user)
    assert (response.status_code, response.json()["code"]) == (503, "not_for_sale")
    tiers = {tier["slug"]: tier["price"] for tier in APIClient().get("/tiers").json()}
    assert tiers["pro"] is None, "and no longer offered"


def test_clocks_that_differ_make_no_second_customer(user: User, stripe_double: StripeDouble) -> None:
    from datetime import timedelta

    from django.utils import timezone

    User.objects.filter(pk=user.pk).update(created_at=timezone.now() + timedelta(minutes=2))
    user.refresh_from_db()
    assert [subscribe(user).status_code for _ in range(2)] == [200, 200]
    assert len(stripe_double.objects("customers")) == 1


def test_a_user_who_stopped_paying_can_buy_again(user: User, stripe_double: StripeDouble) -> None:
    stripe_double.pay(subscribe(user).json()["checkout_url"])
    [old] = stripe_double.objects("subscriptions")
    stripe_double.set_status(old, "unpaid")
    again = subscribe(user)
    assert again.status_code == 200, again.content
    assert stripe_double.objects("subscriptions")[old]["status"] == "canceled"
    stripe_double.pay(again.json()["checkout_url"])
    running = [each for each in stripe_double.objects("subscriptions").values() if each["status"] == "active"]
    assert len(running) == 1
