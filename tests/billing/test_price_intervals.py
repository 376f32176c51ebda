"""A price per three months is shown as such by `GET /tiers` and by the catalogue."""

import io

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from billing import catalogue, mirror
from billing.models import Tier
from tests.doubles.stripe.client import StripeDouble

pytestmark = pytest.mark.django_db


def test_a_price_per_three_months_is_shown_as_such(stripe_double: StripeDouble) -> None:
    [(price, content)] = stripe_double.objects("prices").items()
    stripe_double.edit("prices", price, unit_amount=2499, recurring={**content["recurring"], "interval_count": 3})
    mirror.refresh_price(price_id=price)
    assert catalogue.price_of(Tier.objects.get(slug=Tier.PRO)) == APIClient().get("/tiers").json()[1]["price"]
    assert APIClient().get("/tiers").json()[1]["price"] == {
        "amount": 2499,
        "currency": "usd",
        "interval": "month",
        "interval_count": 3,
    }


def test_a_quarterly_price_is_no_monthly_one(stripe_double: StripeDouble) -> None:
    """Someone made it by hand, under the lookup key of the monthly price, for the same amount."""
    [(price, content)] = stripe_double.objects("prices").items()
    stripe_double.edit("prices", price, recurring={**content["recurring"], "interval_count": 3})

    call_command("seed_tiers", verbosity=0, stdout=io.StringIO())

    assert Tier.objects.get(slug=Tier.PRO).stripe_price != price
    assert APIClient().get("/tiers").json()[1]["price"]["interval_count"] == 1
