"""Whether PostgreSQL has a connection for every place in every pool: `migrate` and `check_stack` look."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core import checks
from django.db import connection

from config.infrastructure.database import DATABASE_UNAVAILABLE

SPARE: Final = 10
"""Connections that the pools leave to consoles and to PostgreSQL itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """So many processes with so many connections each at most, where PostgreSQL has `limit`, of which some are used.

    If they are `shared`, a pooler like PgBouncer stands in between: how many it takes, only its own settings say.
    """

    processes: int
    size: int
    limit: int
    used: int
    shared: bool

    @property
    def fit(self) -> bool:
        """Whether all of them can be full at once, as far as one can tell."""
        return self.shared or self.processes * self.size <= self.limit - SPARE

    @property
    def advice(self) -> str:
        """What to do if they cannot."""
        return f"Set DATABASE_POOL_SIZE to {max((self.limit - SPARE) // self.processes, 1)}, or raise max_connections."

    def __str__(self) -> str:
        """What there is."""
        pools = f"{self.processes} pools of {self.size}"
        if self.shared:
            return f"{pools} behind PgBouncer: its max_client_conn has to be {self.processes * self.size} or more"
        return f"{pools}, {self.used} connections now, PostgreSQL has {self.limit}"


def pools(*, gemini_workers: int = 1, default_workers: int = 1) -> Pools:
    """Count them: `web` as often as WEB_PROCESSES says, `stream` and `beat` once, the workers as told.

    A worker of the queue `default` has two children with a pool each.

    Raises:
        OperationalError: the database is away.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity), pg_backend_pid()"
        )
        limit, used, backend = cursor.fetchone()
        # A pooler makes up the number by which a connection's statements are cancelled, since it shares the connection.
        told = connection.connection.info.backend_pid
    return Pools(
        processes=int(os.environ.get("WEB_PROCESSES") or 2) + 2 + gemini_workers + 3 * default_workers,
        size=connection.settings_dict["OPTIONS"]["pool"]["max_size"],
        limit=limit,
        used=used,
        shared=told != backend,
    )


@checks.register(checks.Tags.database)
def check(databases: Sequence[str] | None, **_: Any) -> list[checks.CheckMessage]:
    """Warn before the first process starts: too many would be refused only when all are busy, the worst time."""
    if not databases:
        return []
    try:
        found = pools()
    except DATABASE_UNAVAILABLE:
        return []
    return [] if found.fit else [checks.Warning(str(found), hint=found.advice, id="kuvaka.W001")]
