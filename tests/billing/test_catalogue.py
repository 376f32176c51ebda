"""`manage.py seed_tiers`: tiers always, product and price where there is a Stripe; again and again."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from djstripe.models import Price
from rest_framework.test import APIClient

from billing import checkout, mirror
from billing.models import Tier
from tests.billing.stripe_fixtures import customer_of, new_user, subscriber
from tests.doubles.stripe import StripeDouble

pytestmark = pytest.mark.django_db


def seed(*options: str) -> str:
    said = io.StringIO()
    call_command("seed_tiers", *options, stdout=said, stderr=said)
    return said.getvalue()


def active_prices(double: StripeDouble) -> list[dict[str, Any]]:
    return [each for each in double.things("prices").values() if each["active"]]


def test_without_a_stripe_the_tiers_alone_are_made() -> None:
    Tier.objects.all().delete()
    assert "so Pro is not for sale" in seed()
    assert list(Tier.objects.values_list("slug", "daily_messages").order_by("pk")) == [("basic", 10), ("pro", None)]
    assert [each["price"] for each in APIClient().get("/tiers").json()] == [None, None]
    with pytest.raises(checkout.NotForSale):
        checkout.start(user_id=new_user().pk)


def test_with_a_stripe_pro_is_for_sale(stripe_double: StripeDouble) -> None:
    [price] = active_prices(stripe_double)
    assert (price["unit_amount"], price["currency"], price["lookup_key"]) == (999, "usd", "kuvaka_pro_monthly")
    pro = Tier.objects.get(slug=Tier.PRO)
    assert (pro.stripe_product, pro.stripe_price) == ("kuvaka_pro", price["id"])
    tiers = {each["slug"]: each["price"] for each in APIClient().get("/tiers").json()}
    assert tiers == {"basic": None, "pro": {"amount": 999, "currency": "usd", "interval": "month"}}


def test_a_second_run_makes_nothing(stripe_double: StripeDouble) -> None:
    said = seed()
    assert stripe_double.calls("POST") == []
    assert said.count("there") == 4


def test_what_staff_changed_stays(stripe_double: StripeDouble) -> None:
    Tier.objects.filter(slug=Tier.BASIC).update(daily_messages=7, name="Free")
    seed()
    assert Tier.objects.filter(slug=Tier.BASIC, daily_messages=7, name="Free").exists()


def test_another_amount_makes_a_new_price_and_archives_the_old_one(stripe_double: StripeDouble, settings: Any) -> None:
    [old] = active_prices(stripe_double)
    user, customer, _ = subscriber(stripe_double)
    settings.STRIPE_PRO_AMOUNT = 1299
    said = seed()
    [new] = active_prices(stripe_double)
    assert (new["unit_amount"], new["lookup_key"]) == (1299, "kuvaka_pro_monthly")
    assert f"price {old['id']}: archived" in said
    assert stripe_double.things("prices")[old["id"]]["lookup_key"] is None
    assert Price.objects.get(id=old["id"]).active is False
    assert APIClient().get("/tiers").json()[1]["price"]["amount"] == 1299
    mirror.refresh_customer(customer_id=customer)
    user.refresh_from_db()
    assert user.is_pro, "who subscribed to the old price keeps it"

    settings.STRIPE_PRO_AMOUNT = 999
    seed()
    [back] = active_prices(stripe_double)
    assert back["unit_amount"] == 999
    assert back["id"] not in (old["id"], new["id"])


def test_a_new_price_closes_the_checkout_of_the_old_one(stripe_double: StripeDouble, settings: Any) -> None:
    user = new_user()
    before = checkout.start(user_id=user.pk)
    assert checkout.start(user_id=user.pk).id == before.id
    settings.STRIPE_PRO_AMOUNT = 1299
    seed()
    after = checkout.start(user_id=user.pk)
    sessions = stripe_double.things("sessions")
    assert (sessions[before.id]["status"], sessions[after.id]["amount_total"]) == ("expired", 1299)


def test_a_dry_run_makes_nothing_and_says_what_it_would(stripe_double: StripeDouble, settings: Any) -> None:
    settings.STRIPE_PRO_AMOUNT = 1299
    Tier.objects.filter(slug=Tier.BASIC).delete()
    said = seed("--dry-run")
    assert "tier basic: would be made" in said
    assert "price kuvaka_pro_monthly: would be made, price_" in said
    assert stripe_double.calls("POST") == []
    assert not Tier.objects.filter(slug=Tier.BASIC).exists()
    stripe_double.empty()
    assert "product kuvaka_pro: would be made" in seed("--dry-run")
    assert stripe_double.things("products") == {}


def test_a_product_that_was_archived_is_sold_again(stripe_double: StripeDouble) -> None:
    from billing import stripe_api

    stripe_api.update_product(product_id="kuvaka_pro", active=False)
    assert "product kuvaka_pro: made active" in seed()
    assert stripe_double.things("products")["kuvaka_pro"]["active"] is True


def test_a_stripe_that_is_away_stops_a_release_only_if_there_is_no_price(stripe_double: StripeDouble) -> None:
    stripe_double.switch(down=True)
    assert "Pro is sold at the price it had" in seed()
    Tier.objects.update(stripe_price="")
    with pytest.raises(CommandError, match="payment_provider_away"):
        seed()


# Checkout, one request at a time


def test_a_session_that_has_expired_is_replaced(stripe_double: StripeDouble) -> None:
    user = new_user()
    first = checkout.start(user_id=user.pk)
    stripe_double.advance(24 * 3600)
    second = checkout.start(user_id=user.pk)
    assert second.id != first.id
    assert len(stripe_double.things("customers")) == 1


def test_who_paid_and_whose_webhook_is_lost_is_pro_at_the_next_click(stripe_double: StripeDouble) -> None:
    user = new_user()
    stripe_double.pay(checkout.start(user_id=user.pk).url)
    assert not user.is_pro, "coming back from the checkout grants nothing"
    with pytest.raises(checkout.AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert type(user).objects.get(pk=user.pk).is_pro


@pytest.mark.parametrize(("status", "sold"), [("past_due", 0), ("unpaid", 0), ("paused", 0), ("canceled", 1)])
def test_only_who_has_no_subscription_is_sold_one(stripe_double: StripeDouble, status: str, sold: int) -> None:
    user, _, subscription = subscriber(stripe_double)
    stripe_double.set_status(subscription, status)
    if sold:
        assert checkout.start(user_id=user.pk).url
    else:
        with pytest.raises(checkout.AlreadySubscribed):
            checkout.start(user_id=user.pk)
    assert len(stripe_double.calls("POST", "/v1/checkout/sessions")) == sold


def test_a_customer_deleted_at_stripe_is_made_anew_each_time(stripe_double: StripeDouble) -> None:
    from billing import stripe_api

    user, seen = new_user(), set()
    for _ in range(3):
        checkout.start(user_id=user.pk)
        customer = customer_of(user)
        assert customer not in seen
        seen.add(customer)
        stripe_api.delete_customer(customer_id=customer)
    assert len(stripe_double.things("customers")) == 3


def test_stripe_is_told_no_number(stripe_double: StripeDouble) -> None:
    user = new_user()
    checkout.start(user_id=user.pk)
    assert user.mobile_number[3:] not in str(stripe_double.calls())
