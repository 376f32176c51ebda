"""Migrations disturb the requests of the version that is still running as little as they can.

Two things make a migration hold its locks for long. Django works between two statements of a migration, a third of a
second and more with as many models as dj-stripe has: so the statements wait until all are known, and run one after the
other. And a migration that waits for a lock makes everybody wait who comes after it, even to read: so it gives up soon,
and is run again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from psycopg.errors import DeadlockDetected, LockNotAvailable

PATIENCE: Final = "500ms"
"""How long a migration waits for a lock: less than PostgreSQL's `deadlock_timeout` of a second. Of a migration and a
request that wait for each other, the migration ends."""


class BriefEditor(DatabaseSchemaEditor):
    """Keeps the statements of a transaction until something else is asked of the database, or the migration ends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: list[tuple[str, Any]] = []

    def execute(self, sql: Any, params: Any = ()) -> None:
        if self.atomic_migration and not self.collect_sql:
            self._waiting.append((str(sql), params))
        else:
            super().execute(sql, params)

    def run(self) -> None:
        """Run what waits."""
        waiting, self._waiting = self._waiting, []
        for sql, params in waiting:
            super().execute(sql, params)

    def __exit__(self, kind: Any, *details: Any) -> None:
        if kind is None:
            for sql in self.deferred_sql:
                self.execute(sql, None)
            self.deferred_sql.clear()
            try:
                self.run()
            except BaseException as error:
                super().__exit__(type(error), error, error.__traceback__)
                raise
        self._waiting.clear()  # of a migration that failed, or they would run with the next statement
        super().__exit__(kind, *details)


@contextmanager
def brief(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Within it, migrations in a transaction hold their locks briefly, and fail if they get none: see `gave_way`.

    A migration outside a transaction makes an index beside running writes. It has to wait for all of them, blocks none,
    and would leave an invalid index if it failed.
    """
    editors: list[BriefEditor] = []

    def make_editor(*args: Any, **kwargs: Any) -> BriefEditor:
        editors[:] = [BriefEditor(*args, **kwargs)]
        return editors[0]

    def limited(execute: Callable[..., Any], *arguments: Any) -> Any:
        if connection.in_atomic_block:
            for editor in editors:
                editor.run()
            connection.connection.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        return execute(*arguments)

    usual = connection.SchemaEditorClass
    connection.SchemaEditorClass = make_editor  # type: ignore[assignment]
    try:
        with connection.execute_wrapper(limited):
            yield
    finally:
        connection.SchemaEditorClass = usual


def gave_way(error: OperationalError) -> bool:
    """Whether a migration ended for want of a lock, so that it can be run again."""
    return isinstance(error.__cause__, (LockNotAvailable, DeadlockDetected))
