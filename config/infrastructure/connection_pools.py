"""Whether PostgreSQL allows as many connections as all pools may open; `migrate` and `check_stack` check it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core import checks
from django.db import connection

from config.infrastructure.database import DATABASE_UNAVAILABLE

SPARE: Final = 10
"""Connections that are left for consoles and for PostgreSQL itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pools:
    """`processes` pools of `size` connections, where PostgreSQL allows `limit` and `used` are open now.

    If they are `shared`, there is a pooler like PgBouncer in between, whose limit is only in its own settings.
    """

    processes: int
    size: int
    limit: int
    used: int
    shared: bool

    @property
    def fit(self) -> bool:
        """Whether all of them can be full at once, as far as this process can see."""
        return self.shared or self.processes * self.size <= self.limit - SPARE

    @property
    def advice(self) -> str:
        return f"Set DATABASE_POOL_SIZE to {max((self.limit - SPARE) // self.processes, 1)}, or raise max_connections."

    def __str__(self) -> str:
        pools = f"{self.processes} pools of {self.size}"
        if self.shared:
            return f"{pools} behind PgBouncer: its max_client_conn has to be {self.processes * self.size} or more"
        return f"{pools}, {self.used} connections now, PostgreSQL has {self.limit}"


def pools(*, gemini_workers: int = 1, default_workers: int = 1) -> Pools:
    """Count the pools: WEB_PROCESSES of `web`, one each of `stream` and `beat`, and the workers given.

    A worker of the queue `default` has two children with a pool each.

    Raises:
        OperationalError: the database is unavailable.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity), pg_backend_pid()"
        )
        limit, used, backend = cursor.fetchone()
        # A pooler shares connections, so it invents the process id that is used to cancel a statement.
        reported = connection.connection.info.backend_pid
    return Pools(
        processes=int(os.environ.get("WEB_PROCESSES") or 2) + 2 + gemini_workers + 3 * default_workers,
        size=connection.settings_dict["OPTIONS"]["pool"]["max_size"],
        limit=limit,
        used=used,
        shared=reported != backend,
    )


@checks.register(checks.Tags.database)
def check(databases: Sequence[str] | None, **_: Any) -> list[checks.CheckMessage]:
    """Warn before the first process starts. Otherwise PostgreSQL would refuse connections only under full load."""
    if not databases:
        return []
    try:
        found = pools()
    except DATABASE_UNAVAILABLE:
        return []
    return [] if found.fit else [checks.Warning(str(found), hint=found.advice, id="kuvaka.W001")]
