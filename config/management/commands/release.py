"""`manage.py release`: what has to be done once before the processes of a new version start."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """The process `release` of the Procfile. Safe to repeat, and to run twice at once."""

    help = "Bring the database up to date and seed the tiers: prepare_database, then seed_tiers."
    requires_system_checks: list[str] = []  # `migrate` makes its own

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare the database, then seed the tiers."""
        for command in ("prepare_database", "seed_tiers"):
            call_command(command, verbosity=options["verbosity"], stdout=self.stdout, stderr=self.stderr)
