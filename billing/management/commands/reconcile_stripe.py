"""`manage.py reconcile_stripe`: repair what Stripe's webhooks missed."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing import mirror, reconcile
from billing.exceptions import NotForSale, PaymentProviderRefused, PaymentProviderUnavailable


class Command(BaseCommand):
    """Does at once what an hourly and a daily task do."""

    help = (
        "Record the events that Stripe could not deliver, compare every subscription with Stripe's, refresh the "
        "customers that differ, and recompute every subscriber's tier. Customers who subscribe at Stripe and have no "
        "account here, as after a restored backup, are listed. Exit code 0: no difference is left; 1: some could not "
        "be repaired or have no account, or Stripe is unavailable."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only print what differs")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--forget-unknown",
            action="store_true",
            help="first mark the live customers that Stripe does not know as deleted: once, when the account at Stripe "
            "was replaced for good",
        )

    def handle(self, *args: Any, dry_run: bool, json: bool, forget_unknown: bool, **options: Any) -> None:
        """
        Raises:
            CommandError: Stripe is unavailable, or a customer could not be repaired or has no account here.
        """
        try:
            unknown = mirror.mark_unknown_deleted(dry_run=dry_run) if forget_unknown else []
            missed = 0 if dry_run else reconcile.find_missed()
            report = reconcile.compare(dry_run=dry_run)
        except (NotForSale, PaymentProviderUnavailable, PaymentProviderRefused) as error:
            raise CommandError(f"{error.title} ({error.code}).") from None
        facts = {"missed": missed, "unknown": unknown, **asdict(report)}
        self.stdout.write(_as_json(facts) if json else _as_text(facts, dry_run))
        if report.failed:
            raise CommandError(f"{len(report.failed)} customers could not be refreshed.")
        if report.unowned:
            raise CommandError("End these subscriptions at Stripe and refund them, or find their owners.")


def _as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts)


def _as_text(facts: dict[str, Any], dry_run: bool) -> str:
    marked = "would be marked as deleted" if dry_run else "was marked as deleted"
    outcomes = {
        **dict.fromkeys(facts["drifted"], "would be refreshed" if dry_run else "was refreshed"),
        **dict.fromkeys(facts["failed"], "could not be refreshed"),
        **dict.fromkeys(facts["unowned"], "has a subscription and no account here"),
    }
    lines = [
        *(f"{customer} is not known at Stripe, and {marked}" for customer in facts["unknown"]),
        f"{facts['missed']} events had not been delivered",
        f"{facts['checked']} subscriptions compared; {len(outcomes)} customers differ{'' if dry_run else 'ed'}",
        *(f"  {customer} {what}" for customer, what in outcomes.items()),
    ]
    return "\n".join(lines)
