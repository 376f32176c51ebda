"""`manage.py purge`: delete what is kept no longer, or say how much that is."""

import json as json_module
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.personal_data import retention


class Command(BaseCommand):
    """Runs now what beat runs every hour."""

    help = (
        "Delete data past its retention period: one-time codes, idempotency keys, ended sessions, counts of failed "
        "attempts, task results, Stripe events, the admin's sessions and failed sign-ins and, if RETAIN_MESSAGES_DAYS "
        "and RETAIN_STAFF_ACTIONS_DAYS are set, messages and staff actions; and files that belong to no message, with "
        "their objects. It works in small batches, and is safe to repeat, also beside the periodic task that does the "
        "same every hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, dry_run: bool, json: bool, **options: Any) -> None:
        """Purge or count, and say how many rows of each kind."""
        counts: dict[str, int | None] = retention.count() if dry_run else dict(retention.purge())
        if json:
            self.stdout.write(json_module.dumps(counts))
            return
        for name, rows in counts.items():
            self.stdout.write(f"{name}: {'kept for ever' if rows is None else rows}")
