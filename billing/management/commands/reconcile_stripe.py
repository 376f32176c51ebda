"""`manage.py reconcile_stripe`: repair what Stripe's webhooks did not tell."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing import mirror, reconcile
from billing.exceptions import NotForSale, PaymentProviderAway, PaymentProviderRefused


class Command(BaseCommand):
    """What the hourly and the daily task do, now."""

    help = (
        "Record the events that Stripe could not deliver, compare every subscription with Stripe's, and bring the "
        "customers that differ up to date. Who subscribes at Stripe and has no account here, as after a restored "
        "backup, is named. Exit code 0: all agree now; 1: some could not be mended or have no account, or Stripe is "
        "away."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run and --json."""
        parser.add_argument("--dry-run", action="store_true", help="only say what differs")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--forget-unknown",
            action="store_true",
            help="first give up the live customers that Stripe does not know: once, when its account was replaced by "
            "another one for good",
        )

    def handle(self, *args: Any, dry_run: bool, json: bool, forget_unknown: bool, **options: Any) -> None:
        """Compare and report.

        Raises:
            CommandError: Stripe is away, or a customer could not be mended or has no account here.
        """
        try:
            unknown = mirror.forget_unknown(dry_run=dry_run) if forget_unknown else []
            missed = 0 if dry_run else reconcile.find_missed()
            report = reconcile.compare(dry_run=dry_run)
        except (NotForSale, PaymentProviderAway, PaymentProviderRefused) as error:
            raise CommandError(f"{error.title} ({error.code}).") from None
        facts = {"missed": missed, "unknown": unknown, **asdict(report)}
        self.stdout.write(_as_json(facts) if json else _as_text(facts, dry_run))
        if report.failed:
            raise CommandError(f"{len(report.failed)} customers could not be brought up to date.")
        if report.unowned:
            raise CommandError("End these subscriptions at Stripe and give the money back, or find whose they are.")


def _as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts)


def _as_text(facts: dict[str, Any], dry_run: bool) -> str:
    given_up = "would be given up" if dry_run else "was given up"
    became = {
        **dict.fromkeys(facts["drifted"], "would be brought up to date" if dry_run else "was brought up to date"),
        **dict.fromkeys(facts["failed"], "could not be brought up to date"),
        **dict.fromkeys(facts["unowned"], "subscribes, and has no account here"),
    }
    lines = [
        *(f"{customer} is not known at Stripe, and {given_up}" for customer in facts["unknown"]),
        f"{facts['missed']} events had not been delivered",
        f"{facts['checked']} subscriptions compared; {len(became)} customers differ{'' if dry_run else 'ed'}",
        *(f"  {customer} {what}" for customer, what in became.items()),
    ]
    return "\n".join(lines)
