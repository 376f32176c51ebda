"""Fixtures of the tests of billing."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Tier
from tests.billing.stripe_fixtures import published, stripe_double, stripe_process
from tests.clients import signed_in

__all__ = ["published", "stripe_double", "stripe_process"]


@pytest.fixture
def client(alice: User) -> APIClient:
    return signed_in(alice)


@pytest.fixture
def basic(db: None) -> Tier:
    """Basic with three messages a day."""
    Tier.objects.filter(slug=Tier.BASIC).update(daily_messages=3)
    return Tier.objects.get(slug=Tier.BASIC)
