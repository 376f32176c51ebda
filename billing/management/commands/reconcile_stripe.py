"""`manage.py reconcile_stripe`: repair what Stripe's webhooks did not tell."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing import reconcile
from billing.exceptions import NotForSale, PaymentProviderAway, PaymentProviderRefused


class Command(BaseCommand):
    """What the hourly and the daily task do, now."""

    help = (
        "Record the events that Stripe could not deliver, compare every subscription with Stripe's, and bring the "
        "customers that differ up to date. Exit code 0: all agree now; 1: some could not be mended, or Stripe is away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run and --json."""
        parser.add_argument("--dry-run", action="store_true", help="only say what differs")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, dry_run: bool, json: bool, **options: Any) -> None:
        """Compare and report.

        Raises:
            CommandError: Stripe is away, or a customer could not be mended.
        """
        try:
            missed = 0 if dry_run else reconcile.find_missed()
            report = reconcile.compare(dry_run=dry_run)
        except (NotForSale, PaymentProviderAway, PaymentProviderRefused) as error:
            raise CommandError(f"{error.title} ({error.code}).") from None
        facts = {"missed": missed, "checked": report.checked, "drifted": report.drifted, "failed": report.failed}
        self.stdout.write(_as_json(facts) if json else _as_text(facts, dry_run))
        if report.failed:
            raise CommandError(f"{len(report.failed)} customers could not be brought up to date.")


def _as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts)


def _as_text(facts: dict[str, Any], dry_run: bool) -> str:
    done = "differ" if dry_run else "differed and were brought up to date"
    lines = [
        f"{facts['missed']} events had not been delivered",
        f"{facts['checked']} subscriptions compared; {len(facts['drifted'])} customers {done}",
        *(f"  {customer}" for customer in facts["drifted"]),
    ]
    return "\n".join(lines)
