"""`manage.py purge`: delete what is kept no longer, or say how much that is."""

import json as json_module
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.personal_data import retention


class Command(BaseCommand):
    """What beat has done every hour, now."""

    help = (
        "Delete what is kept no longer: one-time codes, idempotency keys, ended sessions, counted tries, results of "
        "tasks, Stripe's events, the desk's sessions and failed sign-ins, and, where RETAIN_MESSAGES_DAYS and "
        "RETAIN_STAFF_ACTIONS_DAYS say so, messages and the record of the staff's actions. In small batches; safe to "
        "repeat, and beside the periodic task that does the same every hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run and --json."""
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, dry_run: bool, json: bool, **options: Any) -> None:
        """Purge or count, and say how many rows of each kind."""
        told: dict[str, int | None] = retention.count() if dry_run else dict(retention.purge())
        if json:
            self.stdout.write(json_module.dumps(told))
            return
        for name, rows in told.items():
            self.stdout.write(f"{name}: {'kept for ever' if rows is None else rows}")
