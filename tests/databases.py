"""Databases whose owners are allowed nothing else, as production's are, and the commands that run on them."""

import difflib
import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from config import processes
from config.dev import server_binaries
from tests import servers

OLD_DATABASES: Final = Path(__file__).with_name("config") / "old_databases"
"""Dumps of older versions; `tests/config/test_old_databases.py` says how they are made."""

MIGRATED = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables with rows that migrations have made and no test changes."""


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """An empty database whose owner is allowed nothing else; its URL."""
    name = f"{servers.RUN}_{name}"
    target = url.rpartition("@")[2].partition("/")[0]
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'own' NOSUPERUSER NOCREATEDB NOCREATEROLE")
        server.execute(f"CREATE DATABASE {name} OWNER {name}")
        try:
            yield f"postgresql://{name}:own@{target}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE {name}")


def load(url: str, dump: Path) -> None:
    """Put a dump of `OLD_DATABASES` into an empty database."""
    psql = server_binaries.postgresql_client("psql")
    loaded = subprocess.run(
        [str(psql), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--dbname={url}"],
        input=gzip.decompress(dump.read_bytes()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr.decode()


def manage(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=processes.ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete all rows but those of `MIGRATED`. Foreign keys are checked at the end of the transaction."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        names = [
            connection.ops.quote_name(name)
            for name in connection.introspection.table_names(cursor)
            if name not in MIGRATED
        ]
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names))
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")


def difference(one: str, other: str) -> str:
    return "\n".join(difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=1))
