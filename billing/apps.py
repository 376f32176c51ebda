"""The billing app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Tiers and who has which."""

    name = "billing"
