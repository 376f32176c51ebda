"""Connections that do not wait for ever for a PostgreSQL that hangs, nor outlive one that went away."""

from typing import Any, Final

import psycopg
from django.db.utils import InterfaceError, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout
from psycopg_pool import TooManyRequests as PoolFull

DATABASE_UNAVAILABLE: Final = (OperationalError, InterfaceError, PoolTimeout, PoolFull)
"""What Django and the pool raise while PostgreSQL is unavailable or its connections are all in use."""


class PatientConnection(psycopg.Connection[Any]):
    """psycopg's connection, with a limit on how long one statement is waited for.

    A server that hangs, or whose host does, acknowledges what it is sent and never answers; neither a connect time-out
    nor the server's own `statement_timeout` ends that. There is no limit unless the process sets one: migrations and
    clean-ups may take minutes, a web request may not.
    """

    patience: float | None = None
    """Seconds, for all connections of this process."""

    def wait(self, gen: PQGen[Any], *args: Any, **kwargs: Any) -> Any:
        """Wait for the server's answer.

        Raises:
            psycopg.OperationalError: the time is over and the connection closed; what the server did is not known. Or
                the server is gone, or only reads any more (a standby after a failover, or a full disk at a hosted one).
        """
        kwargs.setdefault("timeout", self.patience)
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.OperationalError:
            if self.pgconn.status == ConnStatus.BAD:
                self._forget_the_others()
            elif self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # or the late answer would be taken for that of the next question
            raise
        except ReadOnlySqlTransaction as error:
            self.close()
            self._forget_the_others()
            raise psycopg.OperationalError("this PostgreSQL only reads") from error

    def _forget_the_others(self) -> None:
        """Have the pool close its idle connections: they lead to the same server, which has gone.

        It would find that out one by one, a second each (psycopg_pool 3.3.3), and refuse requests meanwhile.
        """
        if isinstance(self._pool, ConnectionPool):
            self._pool.drain()
