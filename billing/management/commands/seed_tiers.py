"""`manage.py seed_tiers`: create Basic and Pro, and offer Pro for sale."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing import catalogue
from billing.exceptions import PaymentProviderRefused, PaymentProviderUnavailable
from billing.models import Tier


class Command(BaseCommand):
    """Tiers always; with STRIPE_SECRET_KEY, Pro's product and price at Stripe too. Safe to run at every deployment."""

    help = (
        "Create the tiers Basic and Pro if they are missing; existing ones keep what staff have set. "
        "With STRIPE_SECRET_KEY, also create Pro's product and its price (STRIPE_PRO_AMOUNT in minor units, "
        "STRIPE_PRO_CURRENCY, monthly) at Stripe; a changed amount creates a new price and archives the old one. "
        "Safe to run at every deployment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print what would be done")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Print what was done.

        Raises:
            CommandError: Stripe is unavailable or refuses, and Pro has never had a price.
        """
        for line in catalogue.seed_tiers(dry_run=dry_run):
            self.stdout.write(line)
        if not settings.STRIPE_SECRET_KEY:
            self.stdout.write("Stripe: no STRIPE_SECRET_KEY, so Pro is not for sale")
            return
        for line in catalogue.end_test_mode(dry_run=dry_run):
            self.stdout.write(line)
        try:
            for line in catalogue.seed_stripe(dry_run=dry_run):
                self.stdout.write(line)
        except (PaymentProviderUnavailable, PaymentProviderRefused) as error:
            pro = Tier.objects.filter(slug=Tier.PRO).first()
            if pro is None or not pro.was_sold:
                raise CommandError(f"Stripe: {error.title} ({error.code}); Pro is not for sale yet.") from None
            # A release must not wait for Stripe if there is a price to sell at, or if staff ended the sale.
            self.stderr.write(f"Stripe: {error.title} ({error.code}); Pro is sold as before.")
