"""The billing app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        """Register with the apps below, and keep dj-stripe from storing the API key."""
        from djstripe.models import Product  # noqa: PLC0415  they need the app registry
        from djstripe.models.base import StripeModel  # noqa: PLC0415

        from accounts import personal_data  # noqa: PLC0415
        from accounts.personal_data import ErasureStep, Phase, RetentionStep  # noqa: PLC0415
        from accounts.statistics import register_source  # noqa: PLC0415
        from billing import budget, erasure, events, export, gauges, leases, statistics, stripe_client  # noqa: PLC0415

        stripe_client.configure_sdk()
        gauges.register_all()
        register_source(statistics.daily_statistics)
        personal_data.register(
            export={
                "entitlement": export.entitlement,
                "grants": export.grants,
                "usage": export.usage,
                "units": export.units,
                "model_calls": export.model_calls,
                "customers": export.customers,
                "subscriptions": export.subscriptions,
                "invoices": export.invoices,
                "payment_issues": export.payment_issues,
            },
            erase=[
                ErasureStep(Phase.BILLING, "billing at Stripe", erasure.end_billing),
                ErasureStep(Phase.RECORDS, "mirrored rows", erasure.reduce_to_invoices),
            ],
            retain=[
                RetentionStep("StripeEvent", events.outdated),
                RetentionStep("Lease", leases.outdated),
                RetentionStep("ModelCall", budget.outdated_calls),
            ],
        )
        # dj-stripe looks up the owner of the API key, stores the key in clear text, and keeps using the oldest stored
        # one after the key has changed (seen with 2.11.0). We have one account and need no owner.
        StripeModel._find_owner_account = classmethod(lambda *_, **__: None)  # noqa: SLF001
        # dj-stripe would request a new product's features, which nothing here uses, inside its own transaction.
        Product._sync_product_features = lambda *_, **__: None  # noqa: SLF001
