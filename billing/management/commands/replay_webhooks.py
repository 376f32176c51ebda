"""`manage.py replay_webhooks`: have events of Stripe's processed again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing import events
from billing.models import StripeEvent


class Command(BaseCommand):
    """Without names, the events that failed for good."""

    help = (
        "Have events of Stripe's processed again: the named ones (evt_…), or without names those that failed too "
        "often and wait for a person. A worker processes them within seconds; doing it twice does no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the events' ids and --dry-run."""
        parser.add_argument("event", nargs="*", help="id of an event at Stripe, evt_…")
        parser.add_argument("--dry-run", action="store_true", help="only say which")

    def handle(self, *args: Any, event: list[str], dry_run: bool, **options: Any) -> None:
        """Replay them.

        Raises:
            CommandError: an event that was named is not known here.
        """
        chosen = StripeEvent.objects.filter(event_id__in=event) if event else events.failed()
        if unknown := set(event) - set(chosen.values_list("event_id", flat=True)):
            raise CommandError(f"Not known here: {', '.join(sorted(unknown))}")
        for row in chosen.order_by("pk"):
            self.stdout.write(f"{row.event_id} {row.type} {row.error}")
        count = chosen.count() if dry_run else events.replay(chosen)
        self.stdout.write(f"{count} {'would be' if dry_run else 'are to be'} processed again")
