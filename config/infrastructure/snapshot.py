"""The schema snapshot: what all migrations make of an empty database, as one file of SQL that loads in a second.

dj-stripe's migrations alone take a minute or more. `make schema` writes the file (`config.dev.schema`); a test holds it
to what the migrations make.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

FILE: Final = Path(__file__).with_name("snapshot.sql")

LOCK: Final = 5_872_013_664_101
"""The advisory lock of who brings a database up to date: of two releases at once the second finds nothing to do."""

POLL_SECONDS: Final = 0.5
"""Seconds between two attempts to get the lock."""

ANYTHING: Final = """
    SELECT 1 FROM pg_depend AS made
    JOIN pg_namespace AS schema ON made.refclassid = 'pg_namespace'::regclass AND made.refobjid = schema.oid
    WHERE schema.nspname !~ '^pg_' AND schema.nspname <> 'information_schema'
    AND made.classid <> 'pg_extension'::regclass
    AND NOT EXISTS (
        SELECT 1 FROM pg_depend AS extension
        WHERE (extension.classid, extension.objid) = (made.classid, made.objid) AND extension.deptype = 'e'
    )
    LIMIT 1
"""
"""Finds a table, a type, a function or anything else that lies in a schema, but for what belongs to an extension:
hosted databases often come with some."""


class CannotLoad(Exception):
    """PostgreSQL refused the snapshot, and the database is unchanged; the message is the reason, in one line."""


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ANYTHING)
        return cursor.fetchone() is None


@contextmanager
def alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold a lock, so that only one process at a time updates the database; a second one waits.

    The lock has a separate connection, because migrations commit. It is a transaction's lock, which also works through
    PgBouncer. It is polled, because a statement that waits for it would block CREATE INDEX CONCURRENTLY.
    """
    with psycopg.connect(**connection.get_connection_params()) as holder:
        while holder.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone() != (True,):
            holder.rollback()
            time.sleep(POLL_SECONDS)
        yield


def load_if_empty(connection: BaseDatabaseWrapper) -> bool:
    """Load the snapshot into an empty database, in one transaction. Call it within `alone`.

    Returns:
        Whether it was loaded; False if something is in the database.

    Raises:
        CannotLoad: PostgreSQL refused a statement.
    """
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            if not is_empty(connection):
                return False
            cursor.execute(FILE.read_text())
    except Error as error:
        raise CannotLoad(str(error).partition("\n")[0]) from None
    return True
