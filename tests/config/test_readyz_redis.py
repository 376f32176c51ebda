"""A Redis that answers PING but refuses writes is not ready."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from redis import Redis
from redis.exceptions import ResponseError

from config.http import health

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis_with() -> Iterator[Callable[[str, str], None]]:
    """Change the configuration of the tests' own Redis until the test ends."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        before: dict[str, str] = {}

        def change(name: str, value: str) -> None:
            before.update(redis.config_get(name))
            redis.config_set(name, value)
            assert redis.ping()
            with pytest.raises(ResponseError):
                redis.set("key", "value")

        yield change
        for name, value in before.items():
            redis.config_set(name, value)


@pytest.mark.parametrize(("name", "value"), [("maxmemory", "1"), ("min-replicas-to-write", "1")], ids=["full", "alone"])
def test_readyz_names_a_redis_that_takes_no_writes(
    monkeypatch: pytest.MonkeyPatch, redis_with: Callable[[str, str], None], name: str, value: str
) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 60)  # on a busy machine the first connection is slow
    redis_with(name, value)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "degraded", "database": "ok", "redis": "unavailable"},
    )
