"""The schema snapshot: what all migrations make of an empty database, as one file of SQL that loads in a second.

dj-stripe's migrations alone take a minute or more. `make schema` writes the file (`config.dev.schema`); a test holds it
to what the migrations make.
"""

from pathlib import Path
from typing import Final

from django.db import Error, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

FILE: Final = Path(__file__).with_name("snapshot.sql")

LOCK: Final = 5_872_013_664_101
"""The advisory lock of who loads it: of two releases at once the second finds the database full."""

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
    """The database does not take the snapshot, and is as it was; the message is PostgreSQL's reason, in one line."""


def is_empty(connection: BaseDatabaseWrapper) -> bool:
    """Return whether there is nothing in the database."""
    with connection.cursor() as cursor:
        cursor.execute(ANYTHING)
        return cursor.fetchone() is None


def load_if_empty(connection: BaseDatabaseWrapper) -> bool:
    """Load the snapshot into an empty database, all of it or nothing.

    Returns:
        Whether it was loaded; False if something is in the database.

    Raises:
        CannotLoad: PostgreSQL refused a statement.
    """
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if not is_empty(connection):
                return False
            cursor.execute(FILE.read_text())
    except Error as error:
        raise CannotLoad(str(error).partition("\n")[0]) from None
    return True
