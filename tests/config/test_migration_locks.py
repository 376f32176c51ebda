"""An upgrade makes requests wait for an instant, and gives way to those that hold what it needs."""

import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection, transaction
from psycopg.errors import LockNotAvailable

from config.infrastructure.migration_locks import brief, gave_way
from config.management.commands import prepare_database
from tests.conftest import _urls
from tests.databases import OLD_DATABASES, database, load, manage
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

THERE = "SELECT to_regclass('brief_one') IS NOT NULL"


@pytest.fixture
def other() -> Iterator[psycopg.Connection[Any]]:
    """A connection of a request that is running meanwhile."""
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}) as made:
        yield made
        made.rollback()


@pytest.fixture(autouse=True)
def without_the_table() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS brief_one, brief_two")


def exists() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(THERE)
        return bool(cursor.fetchone()[0])


def test_a_migration_gives_up_on_a_lock(other: psycopg.Connection[Any]) -> None:
    other.execute("SELECT 1 FROM billing_tier")
    with pytest.raises(OperationalError) as raised, brief(connection), connection.schema_editor() as editor:
        editor.execute("ALTER TABLE billing_tier ADD COLUMN colour text")
    assert gave_way(raised.value)
    with connection.cursor() as cursor:
        with brief(connection), transaction.atomic():
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("500ms",)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",), "an index that is made beside writes waits for them"


def test_its_statements_run_at_its_end_one_after_the_other(other: psycopg.Connection[Any]) -> None:
    with brief(connection), connection.schema_editor() as editor:
        editor.execute("ALTER TABLE billing_tier ADD COLUMN brief_colour text")
        editor.deferred_sql.append("ALTER TABLE billing_tier DROP COLUMN brief_colour")
        other.execute("SET lock_timeout = '5s'; SELECT 1 FROM billing_tier")  # nobody holds a lock yet
        other.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_attribute WHERE attname = 'brief_colour' AND NOT attisdropped")
        assert cursor.fetchone() is None, "the deferred statements ran in their turn"


def test_a_question_between_them_sees_what_was_done() -> None:
    with brief(connection), connection.schema_editor() as editor:
        editor.execute("CREATE TABLE brief_one (id int)")
        assert exists()
        editor.execute("CREATE TABLE brief_two (id int)")
    assert exists()


def fail(*, in_python: bool) -> None:
    with brief(connection), connection.schema_editor() as editor:
        editor.execute("CREATE TABLE brief_one (id int)")
        if in_python:
            exists()
            raise ValueError
        editor.execute("ALTER TABLE no_such_table ADD COLUMN colour text")


@pytest.mark.parametrize("in_python", [False, True])
def test_a_migration_that_fails_leaves_nothing(in_python: bool) -> None:
    with pytest.raises((ProgrammingError, ValueError)):
        fail(in_python=in_python)
    assert not exists()
    assert not connection.in_atomic_block


def fail_between(made: str) -> None:
    with connection.schema_editor() as editor:
        editor.execute(made)
        raise LookupError


def test_what_a_failed_migration_kept_never_runs() -> None:
    with brief(connection):
        with pytest.raises(LookupError):
            fail_between("CREATE TABLE brief_one (id int)")
        with transaction.atomic():
            assert not exists()


def test_outside_a_transaction_each_runs_at_once() -> None:
    with brief(connection), connection.schema_editor(atomic=False) as editor:
        editor.execute("CREATE TABLE brief_one (id int)")
        with transaction.atomic():
            assert exists()
        editor.execute("CREATE INDEX CONCURRENTLY brief_index ON brief_one (id)")


def failing(error: Exception, times: int) -> Any:
    left = [error] * times

    def migrate(*_: Any, **__: Any) -> None:
        if left:
            raise OperationalError from left.pop()

    return migrate


def test_what_gave_way_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare_database, "PAUSE", 0)
    monkeypatch.setattr(prepare_database.Command, "_migrate", failing(LockNotAvailable(), times=2))
    errors = StringIO()
    call_command("prepare_database", stderr=errors)
    assert errors.getvalue().count("gave way") == 2


@pytest.mark.parametrize(("error", "longest_wait"), [(psycopg.OperationalError(), 600), (LockNotAvailable(), -1)])
def test_another_error_or_too_long_a_wait_ends_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception, longest_wait: float
) -> None:
    monkeypatch.setattr(prepare_database, "LONGEST_WAIT", longest_wait)
    monkeypatch.setattr(prepare_database.Command, "_migrate", failing(error, times=1))
    with pytest.raises(OperationalError):
        call_command("prepare_database")


@pytest.mark.faults
def test_an_upgrade_waits_for_a_backup_and_blocks_no_reader() -> None:
    """A backup reads all tables in one transaction, and takes longer than a migration may wait."""
    with database(_urls.database_url, "locked") as url:
        load(url, OLD_DATABASES / "3800739.sql.gz")
        with psycopg.connect(url) as backup, psycopg.connect(url, autocommit=True) as reader:
            backup.execute("SELECT count(*) FROM chatrooms_message")
            printed: list[str] = []
            upgrade = threading.Thread(target=lambda: printed.append(manage(url, "release").stderr))
            upgrade.start()
            wait_until(lambda: waits(reader), "a migration that waits for the backup")
            wait_until(lambda: not waits(reader), "the migration to give up")
            backup.rollback()
            upgrade.join()
    assert "gave way" in printed[0]


def waits(connection: psycopg.Connection[Any]) -> bool:
    [(count,)] = connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchall()
    return bool(count)
