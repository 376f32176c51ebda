"""Pro that was paid for in test mode ends with the release process, and with the daily comparison."""

import io
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from billing import tasks
from tests.billing.stripe_fixtures import subscriber
from tests.doubles.stripe.client import StripeDouble

pytestmark = pytest.mark.django_db


def is_pro(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_pro


def test_seed_tiers_ends_pro_of_test_mode(stripe_double: StripeDouble, settings: Any) -> None:
    user, _, _ = subscriber(stripe_double)
    settings.STRIPE_LIVE_MODE = True
    output = io.StringIO()
    call_command("seed_tiers", "--dry-run", stdout=output, stderr=output)
    assert "would end for 1" in output.getvalue()
    assert is_pro(user)
    call_command("seed_tiers", stdout=output, stderr=output)
    assert "Pro paid for in test mode: ended for 1" in output.getvalue()
    assert not is_pro(user)


def test_the_daily_comparison_ends_pro_of_test_mode(stripe_double: StripeDouble, settings: Any) -> None:
    user, _, _ = subscriber(stripe_double)
    settings.STRIPE_LIVE_MODE = True
    tasks.reconcile_stripe()
    assert not is_pro(user)


def test_neither_ends_pro_while_the_key_is_a_test_key(stripe_double: StripeDouble) -> None:
    user, _, _ = subscriber(stripe_double)
    call_command("seed_tiers", stdout=io.StringIO())
    tasks.reconcile_stripe()
    assert is_pro(user)
