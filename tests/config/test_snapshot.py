"""The schema snapshot: it equals the migrations; an empty database loads it, and any other is migrated."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from config import processes
from config.dev import schema, server_binaries
from config.infrastructure import snapshot
from tests import postgresql, servers
from tests.conftest import _urls
from tests.databases import database, difference, manage

CHANGES_BY_HAND = (
    "ALTER TABLE chatrooms_chatroom ADD COLUMN colour text",
    "CREATE INDEX one_more ON chatrooms_chatroom (name)",
    "ALTER TABLE accounts_user DROP CONSTRAINT user_erasing_is_signed_out_and_tried",
    "UPDATE auth_permission SET codename = 'other' WHERE codename = 'erase_user'",
)
OTHER_CHANGES_BY_HAND = (
    "ALTER TABLE chatrooms_chatroom ALTER COLUMN name TYPE varchar(99)",
    "ALTER TABLE chatrooms_chatroom ALTER COLUMN name DROP NOT NULL",
    "ALTER TABLE chatrooms_chatroom ALTER COLUMN name SET DEFAULT 'x'",
    "ALTER TABLE accounts_user ADD CONSTRAINT one_more CHECK (id > 0)",
    "CREATE SEQUENCE one_more_number",
    "SELECT setval('auth_permission_id_seq', 9999)",
    "CREATE FUNCTION one_more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE VIEW one_more_view AS SELECT 1",
    "DELETE FROM auth_group_permissions WHERE id = (SELECT min(id) FROM auth_group_permissions)",
    "DELETE FROM django_migrations WHERE app = 'chatrooms' AND name LIKE '0007%'",
    "INSERT INTO django_content_type (app_label, model) VALUES ('one', 'more')",
)
RENEW = "run `make schema` and commit config/infrastructure/snapshot.sql"


def applied(url: str) -> set[tuple[str, str]]:
    """The migrations that a database has run: app and name."""
    with psycopg.connect(url) as connection:
        return set(connection.execute("SELECT app, name FROM django_migrations").fetchall())


def pg_dump(kind: str) -> Path:
    return server_binaries.postgresql_client("pg_dump") if kind == "embedded" else postgresql.programs() / "pg_dump"


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("installed", marks=[pytest.mark.needs_postgresql, pytest.mark.faults])],
)
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A server's name, and the URL of one of its superusers."""
    if request.param == "embedded":
        yield "embedded", _urls.database_url
        return
    with postgresql.running() as url:
        yield "installed", url


# --- It is what the migrations make -----------------------------------------------------------------------------------


def test_it_holds_the_migrations_as_they_are_and_was_not_edited() -> None:
    first, _, text = snapshot.FILE.read_text().partition("\n")

    assert schema.migrations() == set(MigrationLoader(None).disk_migrations), RENEW
    assert f"{first}\n" == schema.seal(text), RENEW


WRITE = """
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from config.dev import schema

text = schema.FILE.read_text().partition("\\n")[2]
schema.database_servers.postgresql = lambda **_: nullcontext(SimpleNamespace(url=""))
schema.migrate = lambda url: None
schema.dump = lambda url, pg_dump: text
schema.shutil.rmtree = lambda *_, **__: None
schema.ROOT = Path(sys.argv[1])
schema.FILE = schema.ROOT / "snapshot.sql"
schema.main()
"""


def test_make_schema_writes_the_same_file_for_the_same_database(tmp_path: Path) -> None:
    """Like `make schema`, without settings, except for the migrations and the dump, which take minutes."""
    bare = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    ran = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path)],
        cwd=processes.ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "snapshot.sql").read_text() == snapshot.FILE.read_text()


@pytest.mark.faults
@pytest.mark.timeout(1200)
def test_the_snapshot_equals_the_result_of_the_migrations(server: tuple[str, str]) -> None:
    kind, url = server
    with database(url, "migrated") as migrated, database(url, "again") as again, database(url, "loaded") as loaded:
        if kind == "embedded":
            migrated = servers.with_name(url, servers.ensure_migrated(_urls))
        else:
            schema.migrate(migrated)
        made = schema.dump(migrated, pg_dump=pg_dump(kind))
        # PostgreSQL writes some casts in another way once they were loaded, so what is compared was loaded, too.
        with psycopg.connect(again) as connection:
            connection.execute(made)
        manage(loaded, "prepare_database")

        expected, found = (schema.dump(each, pg_dump=pg_dump(kind)) for each in (again, loaded))

    assert found == expected, f"{RENEW}; what differs:\n{difference(found, expected)}"
    if kind == "embedded":
        assert snapshot.FILE.read_text().partition("\n")[2] == made, RENEW


@pytest.mark.parametrize(
    "changes", [CHANGES_BY_HAND, pytest.param(OTHER_CHANGES_BY_HAND, marks=pytest.mark.faults)], ids=["some", "others"]
)
def test_each_manual_change_is_noticed(changes: Sequence[str]) -> None:
    with database(_urls.database_url, "changed") as url, psycopg.connect(url) as connection:
        connection.execute(snapshot.FILE.read_text())
        connection.commit()
        dumped = [schema.dump(url, pg_dump=pg_dump("embedded"))]

        for change in changes:
            connection.execute(change)
            connection.commit()
            dumped.append(schema.dump(url, pg_dump=pg_dump("embedded")))

    assert [change for change, before, after in zip(changes, dumped, dumped[1:], strict=False) if before == after] == []


# --- An empty database takes it ---------------------------------------------------------------------------------------


def test_an_owner_who_may_do_nothing_else_loads_it(server: tuple[str, str]) -> None:
    with database(server[1], "owned") as url:
        asked = manage(url, "prepare_database", "--dry-run")
        first, second = manage(url, "prepare_database"), manage(url, "prepare_database")

        dumped = schema.dump(url, pg_dump=pg_dump(server[0]))

    assert "it would load the schema snapshot" in asked.stdout
    assert "loaded the schema snapshot" in first.stdout
    assert "No migrations to apply" in first.stdout
    assert "snapshot" not in second.stdout
    assert len(schema.APPLIED.findall(dumped)) == len(schema.migrations())


@pytest.mark.faults
def test_of_two_at_once_one_loads_it() -> None:
    with database(_urls.database_url, "twice") as url, ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(lambda _: manage(url, "prepare_database"), range(2)))

    assert sorted("loaded the schema snapshot" in each.stdout for each in ran) == [False, True]
    assert [each.stderr for each in ran if "cannot be loaded" in each.stderr] == [], "the second one did not wait"


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE made (id int)",
        "CREATE FUNCTION made() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA other; CREATE TYPE other.made AS (one int)",
    ],
)
def test_a_database_with_anything_in_it_is_not_loaded_into(db: None, made: str) -> None:
    with database(_urls.database_url, "used") as url, psycopg.connect(url) as other:
        assert other.execute(snapshot.ANYTHING).fetchone() is None
        other.execute(made)
        assert other.execute(snapshot.ANYTHING).fetchone() == (1,)


def test_objects_of_an_extension_do_not_count() -> None:
    extended = servers.with_name(_urls.database_url, f"{servers.RUN}_extended")
    with database(_urls.database_url, "extended"), psycopg.connect(extended) as superuser:
        # Either brings types, functions and operators; the embedded PostgreSQL has one of them, others the other.
        find = "SELECT name FROM pg_available_extensions WHERE name IN ('vector', 'citext') ORDER BY name DESC LIMIT 1"
        [[name]] = superuser.execute(find).fetchall()
        superuser.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name)))
        assert superuser.execute(snapshot.ANYTHING).fetchone() is None


@pytest.mark.faults
def test_a_database_that_is_behind_is_migrated() -> None:
    with database(_urls.database_url, "behind") as url:
        manage(url, "prepare_database")
        manage(url, "migrate", "chatrooms", "0006")
        before = applied(url)

        ran = manage(url, "prepare_database")

        after = applied(url)
    assert "Applying chatrooms.0007" in ran.stdout
    assert ("chatrooms", "0007_messages_of_user") not in before
    assert schema.migrations() <= after


@pytest.mark.faults
def test_of_two_at_once_one_migrates_what_is_behind() -> None:
    with database(_urls.database_url, "behind_twice") as url, ThreadPoolExecutor(2) as pool:
        manage(url, "prepare_database")
        manage(url, "migrate", "chatrooms", "0006")
        ran = list(pool.map(lambda _: manage(url, "prepare_database"), range(2)))
        after = schema.dump(url, pg_dump=pg_dump("embedded"))
    assert sorted("Applying chatrooms.0007" in each.stdout for each in ran) == [False, True]
    assert schema.migrations() <= set(schema.APPLIED.findall(after))


@pytest.mark.django_db(transaction=True)
def test_where_it_cannot_be_loaded_all_migrations_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "snapshot.sql"
    broken.write_text("CREATE TABLE half (id int); CREATE TABLE half (id int);")
    monkeypatch.setattr(snapshot, "FILE", broken)
    monkeypatch.setattr(snapshot, "ANYTHING", "SELECT 1 WHERE false")

    call_command("prepare_database")

    output = capfd.readouterr()
    assert 'The snapshot cannot be loaded (relation "half" already exists)' in output.err
    assert len(output.err.splitlines()) == 1
    assert "Apply all migrations" in output.out
    assert "half" not in connection.introspection.table_names(), "all or nothing"
