"""`manage.py seed_tiers`: make sure that Basic and Pro exist, and that Pro is for sale."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from billing import catalogue
from billing.exceptions import PaymentProviderAway, PaymentProviderRefused
from billing.models import Tier


class Command(BaseCommand):
    """Tiers always; with STRIPE_SECRET_KEY, Pro's product and price at Stripe too. Safe to run at every deployment."""

    help = (
        "Make the tiers Basic and Pro if they are missing; one that exists is left as staff have set it. "
        "With STRIPE_SECRET_KEY, also make Pro's product and its price (STRIPE_PRO_AMOUNT in minor units, "
        "STRIPE_PRO_CURRENCY, monthly) at Stripe; a changed amount makes a new price and archives the old one. "
        "Safe to run at every deployment."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Say what was done.

        Raises:
            CommandError: Stripe does not answer or refuses, and Pro never had a price.
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
        except (PaymentProviderAway, PaymentProviderRefused) as error:
            pro = Tier.objects.filter(slug=Tier.PRO).first()
            if pro is None or not pro.was_sold:
                raise CommandError(f"Stripe: {error.title} ({error.code}); Pro is not for sale yet.") from None
            # A release must not wait for Stripe when there is a price to sell at, or staff want none.
            self.stderr.write(f"Stripe: {error.title} ({error.code}); Pro is sold as before.")
