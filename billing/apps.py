"""The billing app."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Tiers and who has which."""

    name = "billing"

    def ready(self) -> None:
        """Follow the sources of entitlements, and keep dj-stripe from storing the key."""
        from djstripe.models import Product  # noqa: PLC0415  they need the app registry
        from djstripe.models.base import StripeModel  # noqa: PLC0415

        from accounts import statistics as days  # noqa: PLC0415
        from accounts.personal_data import export as account  # noqa: PLC0415
        from accounts.personal_data import retention  # noqa: PLC0415
        from accounts.personal_data.erasure import Phase, register  # noqa: PLC0415
        from billing import (  # noqa: PLC0415
            erasure,
            events,
            export,
            leases,
            metrics,
            receivers,  # noqa: F401
            statistics,
            stripe_client,
        )

        stripe_client.configure_sdk()
        metrics.register_all()
        register(Phase.BILLING, "billing at Stripe", erasure.end_billing)
        register(Phase.RECORDS, "mirrored rows", erasure.keep_invoices_alone)
        for section in ("entitlement", "grants", "usage", "units", "customers", "subscriptions", "invoices"):
            account.register(section, getattr(export, section))
        account.register("payment_issues", export.payment_issues)
        days.register(statistics.figures)
        retention.register("StripeEvent", events.outdated)
        retention.register("Lease", leases.outdated)
        # dj-stripe looks up whose API key it uses, writes the key in clear text into its table, and goes on using the
        # oldest one there after the key was changed (measured with 2.11.0). We have one account and need no owner.
        StripeModel._find_owner_account = classmethod(lambda *_, **__: None)  # noqa: SLF001
        # A new product's features, which nothing here uses, it would ask for inside its own transaction.
        Product._sync_product_features = lambda *_, **__: None  # noqa: SLF001
