"""`manage.py seed_demo`: sample users with conversations, for trying things out and for measurements."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """For development alone; run twice, it makes what is missing."""

    help = (
        "Fill a development database: users, rooms, conversations of the last thirty days with answered, failed and "
        "stopped replies, Pro by grants, and matching units and tokens. Creates only what is missing to the requested "
        "numbers, so a second run does nothing. Refused when DEBUG is off."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--users", type=int, default=20, help="number of users (20)")
        parser.add_argument("--messages", type=int, default=1000, help="number of messages, replies included")
        parser.add_argument("--seed", type=int, default=1, help="another seed makes other conversations")
        parser.add_argument("--dry-run", action="store_true", help="only report what would be created")

    def handle(self, *args: Any, users: int, messages: int, seed: int, dry_run: bool, **options: Any) -> None:
        """Make what is missing, and say how to sign in.

        Raises:
            CommandError: this is no development, or the numbers make no sense.
        """
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: sample users are for development only.")
        from config.dev.seed.seeding import Seeding  # noqa: PLC0415  the image has no config.dev

        Seeding(self.stdout, self.stderr).run(users=users, messages=messages, seed=seed, dry_run=dry_run)
