"""A restarted PostgreSQL is used at the first request; a read-only one counts as unavailable."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import OperationalError, connection
from psycopg_pool import ConnectionPool

from chatrooms.exceptions import MessageNotFound, StreamUnavailable, TooManyStreams
from chatrooms.streaming import sse
from config.http import health
from config.infrastructure.database import TimeoutConnection


@pytest.fixture
def pool() -> Iterator[ConnectionPool[TimeoutConnection]]:
    """As Django makes it, with four open connections."""
    with ConnectionPool(
        os.environ["DATABASE_URL"],
        connection_class=TimeoutConnection,
        check=ConnectionPool.check_connection,
        kwargs={"autocommit": True},
        min_size=4,
        max_size=4,
        timeout=60,
    ) as made:
        made.wait(60)
        yield made


def processes_of(pool: ConnectionPool[TimeoutConnection]) -> list[int]:
    return [each.info.backend_pid for each in pool._pool]


def test_one_dead_connection_makes_the_pool_drop_all_idle_ones(pool: ConnectionPool[TimeoutConnection]) -> None:
    before = processes_of(pool)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as admin:
        for process in before:
            admin.execute("SELECT pg_terminate_backend(%s, 60000)", [process])
    checked = []
    pool._check = lambda each: (checked.append(each), ConnectionPool.check_connection(each))
    with pool.connection() as first:
        assert first.execute("SELECT 1").fetchone() == (1,)
        assert first.info.backend_pid not in before
    assert len(checked) == 2, "the dead one, and a new one"


def test_a_living_connection_is_lent_without_asking_the_server(pool: ConnectionPool[TimeoutConnection]) -> None:
    sent: list[object] = []
    with pool.connection() as lent, pytest.MonkeyPatch.context() as patched:
        patched.setattr(TimeoutConnection, "wait", lambda _, gen, **__: sent.append(gen))
        ConnectionPool.check_connection(lent)
    assert sent == []


@pytest.mark.parametrize("is_pooler", [False, True])
def test_behind_a_pooler_no_statement_is_prepared(is_pooler: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pooler invents the process id."""
    if is_pooler:
        monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 1)
    with TimeoutConnection.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=2) as made:
        assert made.prepare_threshold == (None if is_pooler else 2)


def test_a_read_only_server_is_unavailable(pool: ConnectionPool[TimeoutConnection]) -> None:
    standby = pool.getconn()
    standby.execute("SET default_transaction_read_only = on")
    with pytest.raises(psycopg.OperationalError, match="is read-only"):
        standby.execute("CREATE TABLE nothing ()")
    assert standby.closed, "what leads to a standby is let go"
    pool.putconn(standby)


@pytest.mark.django_db(transaction=True)
def test_readyz_checks_that_the_database_is_writable() -> None:
    health._check_database()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        pooled = connection.connection
    try:
        with pytest.raises(OperationalError):
            health._check_database()
    finally:
        pooled.execute("SET default_transaction_read_only = off")  # the pool lends it to the next test


@pytest.mark.parametrize("problem", [StreamUnavailable(retry_after=3), TooManyStreams(retry_after=3)])
def test_a_browser_that_streams_gets_an_error_event(problem: Exception) -> None:
    response = sse.refusal_response(problem, accept="text/event-stream")  # type: ignore[arg-type]
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert response.content.startswith(b"retry: 3000\nevent: error\ndata: {")
    assert b'"final": false' in response.content
    assert sse.refusal_response(problem, accept="*/*").status_code in (429, 503)  # type: ignore[arg-type]


def test_a_permanent_problem_is_no_event() -> None:
    assert sse.refusal_response(MessageNotFound(), accept="text/event-stream").status_code == 404
