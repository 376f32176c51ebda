"""Connections that do not wait for ever for a PostgreSQL that hangs."""

from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus


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
            psycopg.OperationalError: the time is over and the connection closed; what the server did is not known.
        """
        kwargs.setdefault("timeout", self.patience)
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.close()  # or the late answer would be taken for that of the next question
            raise
