"""The mark that beat leaves in Redis with what it publishes, so that one can tell whether it still does.

It is not of the database: beat needs none. A Redis that lost it has it again with beat's next task, within seconds.
"""

import time
from contextlib import suppress
from typing import Final

import redis
from django.conf import settings

MARK: Final = "kuvaka:beat"
KEPT: Final = 24 * 3600
"""Seconds; beat that was silent for longer, and beat that never ran, look alike."""

EVERY: Final = 1.0
"""Seconds between two marks at least."""

PATIENCE: Final = 1.0
"""Seconds for Redis."""

_last = -EVERY


def mark() -> None:
    """Say that beat has published something now; without Redis nobody is told."""
    global _last  # noqa: PLW0603  beat has one thread
    if time.monotonic() - _last >= EVERY:
        _last = time.monotonic()
        with suppress(redis.RedisError), _client() as client:
            client.set(MARK, 1, ex=KEPT)


def age() -> float | None:
    """Seconds since the last mark, by Redis's clock; None if there is none.

    Raises:
        redis.RedisError: Redis is away.
    """
    with _client() as client:
        left: int = client.pttl(MARK)
    return None if left < 0 else KEPT - left / 1000


def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)
