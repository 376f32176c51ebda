"""`manage.py seed_demo`: people with conversations, to look at and to measure with."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """For development alone; run twice, it makes what is missing."""

    help = (
        "Fill a development database: people, rooms, conversations of the last thirty days with answered, failed and "
        "stopped replies, Pro by grants, and units and tokens that agree with them. Makes what is missing to the "
        "numbers that are asked for, so that running it twice does nothing. Refused when DEBUG is off."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add how many."""
        parser.add_argument("--users", type=int, default=20, help="people there should be (20)")
        parser.add_argument("--messages", type=int, default=1000, help="messages, questions and replies together")
        parser.add_argument("--seed", type=int, default=1, help="another one makes other conversations")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be made")

    def handle(self, *args: Any, users: int, messages: int, seed: int, dry_run: bool, **options: Any) -> None:
        """Make what is missing, and say how to sign in.

        Raises:
            CommandError: this is no development, or the numbers make no sense.
        """
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: this may be a real installation, and nobody there should be made up.")
        from config.dev.seed.seeding import Seeding  # noqa: PLC0415  the image has no config.dev

        Seeding(self.stdout, self.stderr).run(users=users, messages=messages, seed=seed, dry_run=dry_run)
