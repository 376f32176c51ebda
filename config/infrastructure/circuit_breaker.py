"""One circuit breaker per server, so that cache, rate limiter and publisher do not each wait for a timeout."""

import time
from typing import Any

import redis

from config.observability import metrics

OPEN_SECONDS = 2.0
"""How long a server that failed is not tried. A frozen Redis then costs one request a timeout every two seconds."""


class Breaker:
    """Remembers that a server failed, and lets one request at a time try whether it is back.

    It needs no lock: a race lets a second probe through, which costs one more timeout.

    Args:
        server: its label in the metrics.
    """

    def __init__(self, server: str = "") -> None:
        self._open_until = 0.0
        self._tripped = False
        self._failed_at = metrics.server_failed.labels(server)

    def allows(self) -> bool:
        """Whether to try the server now; when the pause is over, the first request is the probe."""
        if not self._tripped:
            return True
        now = time.monotonic()
        if now < self._open_until:
            return False
        self._open_until = now + OPEN_SECONDS
        return True

    def failed(self) -> None:
        """Open the breaker for `OPEN_SECONDS`."""
        self._open_until = time.monotonic() + OPEN_SECONDS
        self._tripped = True
        self._failed_at.set_to_current_time()

    def succeeded(self) -> None:
        if self._tripped:
            self._tripped = False
            self._failed_at.set(0)


_breakers: dict[str, Breaker] = {}


def breaker_of(server: str) -> Breaker:
    """The breaker of this process for `server`, which is any name, such as host and port."""
    return _breakers.setdefault(server, Breaker(server))


class GuardedRedis(redis.Redis):
    """redis-py's client behind the breaker of its server; used by the cache (`REDIS_CLIENT_CLASS`)."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command, or fail at once while the breaker is open.

        Raises:
            redis.ConnectionError: the breaker is open, or the server is unavailable.
            redis.TimeoutError: the server did not answer in time.
        """
        connection = self.connection_pool.connection_kwargs
        breaker = breaker_of(f"{connection.get('host')}:{connection.get('port')}")
        if not breaker.allows():
            raise redis.ConnectionError("the breaker is open")
        try:
            response = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except (redis.ConnectionError, redis.TimeoutError):
            breaker.failed()
            raise
        breaker.succeeded()
        return response
