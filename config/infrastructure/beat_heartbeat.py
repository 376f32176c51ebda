"""The heartbeat that beat writes to Redis when it publishes a task, from which others see that it still runs.

It is not in the database, because beat needs none. A Redis that lost it gets it again within seconds.
"""

import time
from contextlib import suppress
from typing import Final

import redis
from django.conf import settings

KEY: Final = "kuvaka:beat"
TTL: Final = 24 * 3600
"""Seconds; after that, a stopped beat cannot be distinguished from one that never ran."""

MIN_INTERVAL: Final = 1.0
"""Seconds between two heartbeats, at least."""

TIMEOUT: Final = 1.0
"""Seconds to wait for Redis."""

_last = -MIN_INTERVAL


def mark() -> None:
    """Record that beat has just published a task. Errors of Redis are ignored."""
    global _last  # noqa: PLW0603  beat has one thread
    if time.monotonic() - _last >= MIN_INTERVAL:
        _last = time.monotonic()
        with suppress(redis.RedisError), _client() as client:
            client.set(KEY, 1, ex=TTL)


def age() -> float | None:
    """Seconds since the last heartbeat, by Redis's clock; None if there is none.

    Raises:
        redis.RedisError: Redis is unavailable.
    """
    with _client() as client:
        left: int = client.pttl(KEY)
    return None if left < 0 else TTL - left / 1000


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
