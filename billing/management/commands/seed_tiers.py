"""`manage.py seed_tiers`: make sure that Basic and Pro exist."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from billing.models import Tier

SEEDS: dict[str, dict[str, Any]] = {
    Tier.BASIC: {
        "name": "Basic",
        "max_output_tokens": 2048,
        "context_tokens": 16_000,
        "parallel_replies": 2,
        "waiting_replies": 20,
    },
    Tier.PRO: {
        "name": "Pro",
        "max_output_tokens": 8192,
        "context_tokens": 64_000,
        "parallel_replies": 8,
        "waiting_replies": 100,
    },
}


class Command(BaseCommand):
    """Make the missing tiers; one that exists is left as staff have set it, so running this again changes nothing."""

    help = "Make the tiers Basic and Pro if they are missing. Safe to run at every deployment."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, and make nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Say of each tier whether it was made or was there."""
        for slug, values in SEEDS.items():
            if Tier.objects.filter(slug=slug).exists():
                self.stdout.write(f"tier {slug}: there")
            elif dry_run:
                self.stdout.write(f"tier {slug}: would be made")
            else:
                _, made = Tier.objects.get_or_create(slug=slug, defaults=values)
                self.stdout.write(f"tier {slug}: {'made' if made else 'there'}")
