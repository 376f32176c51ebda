"""What tests of billing share."""

from tests.billing.stripe_fixtures import stripe_double, stripe_process

__all__ = ["stripe_double", "stripe_process"]
