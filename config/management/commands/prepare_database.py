"""`manage.py prepare_database`: bring the database up to date, an empty one in seconds."""

import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

from config.infrastructure import snapshot
from config.infrastructure.migration_locks import brief, gave_way

PAUSE: Final = 2.0
"""Seconds after which a migration that gave way is tried again."""

LONGEST_WAIT: Final = 600.0
"""Seconds after which it is not. A backup that runs meanwhile holds its locks for minutes."""


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
                self._migrate_giving_way(**options)
        elif snapshot.is_empty(connection):
            self.stdout.write("The database is empty: it would load the schema snapshot.")
        else:
            self._migrate(plan=True, **options)

    def _migrate_giving_way(self, **options: Any) -> None:
        began = time.monotonic()
        while True:
            try:
                with brief(connection):
                    return self._migrate(**options)
            except OperationalError as error:
                if not gave_way(error) or time.monotonic() - began > LONGEST_WAIT:
                    raise
                self.stderr.write("A migration gave way to running requests; it is tried again.")
                time.sleep(PAUSE)

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
