"""`make schema`: writes the schema snapshot from a new database that all migrations have run on.

pg_dump writes the database as SQL. Its text is changed so that PostgreSQL 14 and later load it inside a transaction, as
a role that owns only the database, and so that the same migrations give the same text.
"""

import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import django
import psycopg
from django.apps import AppConfig
from django.conf import settings

from config.dev import database_servers, embedded, server_binaries
from config.infrastructure.snapshot import FILE

ROOT: Final = Path(__file__).resolve().parents[2]

DUMP: Final = ("--no-owner", "--no-privileges", "--no-comments", "--rows-per-insert=1000")

CHANGES: Final = (
    (re.compile(r"^--.*\n", re.MULTILINE), ""),
    (re.compile(r"^\\(?:un)?restrict .*\n", re.MULTILINE), ""),  # for psql alone
    (re.compile(r"^SET transaction_timeout .*\n", re.MULTILINE), ""),  # unknown before PostgreSQL 17
    (re.compile(r"^SET (?=\w)", re.MULTILINE), "SET LOCAL "),
    (re.compile(r"(set_config\('search_path', '',) false"), r"\1 true"),
    # When a migration was applied: in a database that loads the snapshot, that is when it is loaded.
    (re.compile(r"'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\+00'\)"), "now())"),
    (re.compile(r"\n{3,}"), "\n\n"),
)

APPLIED: Final = re.compile(r"^\t\(\d+, '(\w+)', '(\w+)', now\(\)\)", re.MULTILINE)
"""A row of django_migrations in the snapshot."""


def main() -> None:
    """Migrate a new database, and write it to the snapshot's file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()  # the seal needs the list of apps
    folder = embedded.default_data_dir() / "schema"
    with embedded.hold(folder):
        shutil.rmtree(folder / "postgresql", ignore_errors=True)
        with database_servers.postgresql(
            data_dir=folder, password=secrets.token_hex(16), options=("fsync=off", "synchronous_commit=off")
        ) as server:
            sys.stderr.write("Running all migrations on an empty database; this takes minutes.\n")
            migrate(server.url)
            text = dump(server.url, pg_dump=server_binaries.postgresql_client("pg_dump"))
        shutil.rmtree(folder / "postgresql")
    FILE.write_text(seal(text) + text)
    sys.stderr.write(f"Written: {FILE.relative_to(ROOT)}\n")


def migrate(database_url: str) -> None:
    """Run all migrations, without the snapshot.

    Raises:
        CalledProcessError: a migration failed; its error is on the standard error.
    """
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--skip-checks", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        stdin=subprocess.DEVNULL,
        check=True,
    )


def dump(database_url: str, *, pg_dump: Path, options: tuple[str, ...] = ()) -> str:
    """Return the schema and the rows of a database in the form of the snapshot.

    Args:
        database_url: the database.
        pg_dump: the program.
        options: further options of pg_dump.

    Raises:
        CalledProcessError: pg_dump failed; its error is on the standard error.
    """
    dumped = subprocess.run(
        [str(pg_dump), *DUMP, *options, f"--dbname={database_url}"],
        env={**os.environ, "PGTZ": "UTC"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    text = dumped.stdout
    for pattern, replacement in CHANGES:
        text = pattern.sub(replacement, text)
    return text.strip() + "\n"


def seal(text: str) -> str:
    """Return the first line of the snapshot: a digest of the migrations and of the text.

    With it, a test notices without a database that a migration was added, or that the file was edited.
    """
    digest = hashlib.sha256()
    for entry in settings.INSTALLED_APPS:
        for file in sorted((Path(AppConfig.create(entry).path) / "migrations").glob("*.py")):
            digest.update(f"{entry} {file.name} ".encode() + hashlib.sha256(file.read_bytes()).digest())
    return f"-- migrations {digest.hexdigest()[:16]}, text {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def migrations() -> set[tuple[str, str]]:
    """Return the migrations that the snapshot contains, as app labels and names."""
    return set(APPLIED.findall(FILE.read_text()))


def is_prepared(database_url: str) -> bool:
    """Return whether the database has all migrations of the snapshot, so that processes can start."""
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.Error:
        return False
    return migrations() <= set(applied)


if __name__ == "__main__":
    main()
