"""A new migration is safe while the code of the version before still runs: django-migration-linter says so.

It names columns that are removed, renamed or required without a default of the database's, changed types, tables that
are locked while an index is built, and steps that cannot be reversed. Landed migrations are left as they are.
"""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter

OURS = ("accounts", "billing", "chatrooms", "config")
LANDED = {"accounts": 10, "billing": 10, "chatrooms": 11, "config": 3}
"""The newest migration of each app that landed before this test."""


def lint(app: str, name: str) -> MigrationLinter:
    linter = MigrationLinter(no_cache=True, all_warnings_as_errors=True, include_apps=OURS)
    linter.lint_all_migrations(app, name)
    assert linter.nb_total == 1
    return linter


@pytest.mark.django_db(transaction=True)  # no index is built concurrently within a transaction
def test_new_migrations_are_safe_beside_old_code(capsys: pytest.CaptureFixture[str]) -> None:
    names = [key for key in MigrationLoader(connection).disk_migrations if key[0] in OURS]
    new = sorted((app, name) for app, name in names if int(name[:4]) > LANDED[app])

    unsafe = [f"{app}.{name}" for app, name in new if lint(app, name).has_errors]

    assert unsafe == [], capsys.readouterr().out


@pytest.mark.django_db
def test_a_migration_that_locks_a_table_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("billing", "0003_desk").has_errors
    assert "CREATE INDEX locks table" in capsys.readouterr().out
