"""`manage.py prepare_database`: bring the database up to date, an empty one in seconds."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from config.infrastructure import snapshot


class Command(BaseCommand):
    """Loads the schema snapshot into an empty database, and runs the migrations that are missing. Safe to repeat."""

    help = (
        "Bring the database up to date. An empty one loads the schema snapshot, which takes seconds; then, and in any "
        "other, the migrations that are missing run. Where the snapshot cannot be loaded, all migrations do."
    )
    requires_system_checks: list[str] = []  # `migrate` makes its own

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        """Load the snapshot if the database is empty, then migrate."""
        if not dry_run:
            with snapshot.alone(connection):
                self._load()
                self._migrate(**options)
        elif snapshot.is_empty(connection):
            self.stdout.write("The database is empty: it would load the schema snapshot.")
        else:
            self._migrate(plan=True, **options)

    def _migrate(self, *, verbosity: int, plan: bool = False, **_: Any) -> None:
        call_command(
            "migrate", interactive=False, plan=plan, verbosity=verbosity, stdout=self.stdout, stderr=self.stderr
        )

    def _load(self) -> None:
        try:
            if snapshot.load_if_empty(connection):
                self.stdout.write("The database was empty: loaded the schema snapshot.")
        except snapshot.CannotLoad as error:
            self.stderr.write(f"The snapshot cannot be loaded ({error}): running all migrations, which takes minutes.")
