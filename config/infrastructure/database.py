"""Connections with a timeout per statement, which are closed when their server becomes unavailable."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.utils import InterfaceError, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout
from psycopg_pool import TooManyRequests as PoolFull

DATABASE_UNAVAILABLE: Final = (OperationalError, InterfaceError, PoolTimeout, PoolFull)
"""What Django and the pool raise while PostgreSQL is unavailable or its connections are all in use."""


@contextmanager
def prepared_cursor() -> Iterator[CursorWrapper]:
    """A cursor of Django's connection whose statements PostgreSQL prepares, once a connection has run them twice.

    It then neither parses nor plans them again, which takes longer than to run one of the hot path. Its parameters are
    bound by the server, which has to know their types: `%s::bigint IS NULL`. A constant belongs into the statement,
    or the plan cannot use an index with a condition on it.
    """
    connection.ensure_connection()
    bare = psycopg.Cursor(connection.connection)
    with connection._prepare_cursor(bare) as cursor:  # type: ignore[attr-defined]  # noqa: SLF001
        yield cursor


class TimeoutConnection(psycopg.Connection[Any]):
    """psycopg's connection, with a timeout per statement on the client's side.

    A server that hangs, or whose host does, acknowledges packets and never responds; neither a connect timeout nor the
    server's own `statement_timeout` ends that. There is no timeout unless the process sets one: migrations and
    clean-ups may take minutes, a web request may not.
    """

    statement_timeout: float | None = None
    """Seconds, for all connections of this process."""

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Any:
        """Connect; behind a pooler, which shares the connections to the server, prepare no statements.

        PgBouncer prepares them since 1.21 only, and not with all settings. It invents the process id that is used to
        cancel a statement, which tells it.
        """
        made = super().connect(*args, **kwargs)
        if made.autocommit and made.prepare_threshold is not None:
            try:
                row = made.execute("SELECT pg_backend_pid()").fetchone()
            except psycopg.Error:
                made.close()
                raise
            if row != (made.info.backend_pid,):
                made.prepare_threshold = None
        return made

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """Execute a statement; the empty one, by which the pool checks a connection before use, only where it may fail.

        A server that ends or restarts closes its connections, which shows without asking it: there is something to
        read. That spares each request a round trip. A server that hangs shows by the timeout of the first statement.
        """
        if not query and not self._has_something_to_read():
            return None
        return super().execute(query, *args, **kwargs)

    def _has_something_to_read(self) -> bool:
        polled = select.poll()
        polled.register(self.pgconn.socket, select.POLLIN)
        return bool(polled.poll(0))

    def wait(self, gen: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
        """Wait for the server's response.

        Raises:
            psycopg.OperationalError: the timeout is over and the connection closed; what the server did is not known.
                Or the server is unavailable, or read-only (a standby after a failover, or a hosted one whose disk is
                full).
        """
        kwargs.setdefault("timeout", self.statement_timeout)
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.OperationalError:
            if self.pgconn.status == ConnStatus.BAD:
                self._drain_the_pool()
            elif self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # or the late response would be read as that of the next statement
            raise
        except ReadOnlySqlTransaction as error:
            self.close()
            self._drain_the_pool()
            raise psycopg.OperationalError("this PostgreSQL is read-only") from error

    def _drain_the_pool(self) -> None:
        """Make the pool close its idle connections: they lead to the same server, which is unavailable.

        The pool would find that out one by one, at a second each (psycopg_pool 3.3.3), and refuse requests until then.
        """
        if isinstance(self._pool, ConnectionPool):
            self._pool.drain()
