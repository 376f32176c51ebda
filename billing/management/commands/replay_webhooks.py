"""`manage.py replay_webhooks`: have Stripe's events processed again."""

import json as json_module
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.staff.audit_trail import audit_staff_action
from billing import events
from billing.models import StripeEvent


class Command(BaseCommand):
    """Without ids, it replays the events that failed for good."""

    help = (
        "Have Stripe's events processed again: those with the given ids (evt_…), or without ids all that failed too "
        "often and wait for staff. A worker processes them within seconds. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("event", nargs="*", help="id of an event at Stripe, evt_…")
        parser.add_argument("--dry-run", action="store_true", help="only print which")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, event: list[str], dry_run: bool, json: bool, **options: Any) -> None:
        """
        Raises:
            CommandError: there is no event with a given id.
        """
        chosen = StripeEvent.objects.filter(event_id__in=event) if event else StripeEvent.objects.failed()
        rows = list(chosen.order_by("pk").values("event_id", "type", "error"))
        if unknown := set(event) - {row["event_id"] for row in rows}:
            raise CommandError(f"Not known here: {', '.join(sorted(unknown))}")
        if rows and not dry_run:
            with audit_staff_action(action="replay_webhooks", target=f"{len(rows)} events"):
                events.replay(chosen)
        if json:
            self.stdout.write(json_module.dumps({"events": rows, "count": len(rows), "dry_run": dry_run}))
            return
        for row in rows:
            self.stdout.write(f"{row['event_id']} {row['type']} {row['error']}")
        self.stdout.write(f"{len(rows)} {'would be' if dry_run else 'are to be'} processed again")
