"""Fixtures of the tests of billing."""

from tests.billing.stripe_fixtures import published, stripe_double, stripe_process

__all__ = ["published", "stripe_double", "stripe_process"]
