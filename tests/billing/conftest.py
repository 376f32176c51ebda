"""What tests of billing share."""

from tests.billing.stripe_fixtures import stripe_double, stripe_process
from tests.seeds import seeds

__all__ = ["seeds", "stripe_double", "stripe_process"]
