"""The heartbeat that shows whether beat still publishes."""

import time
from typing import Any

import pytest
from celery import signals
from redis import Redis, RedisError

from config.infrastructure import beat_heartbeat


@pytest.fixture(autouse=True)
def _no_mark(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beat_heartbeat, "_last", -beat_heartbeat.MIN_INTERVAL)
    monkeypatch.setattr(beat_heartbeat, "TIMEOUT", 60.0)  # where Redis is late, `mark` says nothing and leaves none
    with Redis.from_url(settings.REDIS_URL) as client:
        client.delete(beat_heartbeat.KEY)


def test_each_task_that_beat_publishes_renews_the_heartbeat(settings: Any) -> None:
    assert beat_heartbeat.age() is None
    begun = time.time()
    before = list(signals.after_task_publish.receivers)
    try:
        signals.beat_init.send(sender="beat")
        signals.after_task_publish.send(sender="some.task")
    finally:
        signals.after_task_publish.receivers[:] = before
    age = beat_heartbeat.age()
    assert age is not None
    assert 0 <= age <= time.time() - begun + 0.1  # Redis counts milliseconds, by the same clock
    begun = time.time()
    with Redis.from_url(settings.REDIS_URL) as client:
        client.pexpire(beat_heartbeat.KEY, (beat_heartbeat.TTL - 60) * 1000)
    later = beat_heartbeat.age()
    assert later is not None
    assert 60 <= later <= 60 + time.time() - begun + 0.1


def test_only_beat_records_heartbeats() -> None:
    signals.after_task_publish.send(sender="some.task")
    assert beat_heartbeat.age() is None


def test_without_redis_beat_continues_and_its_age_is_an_error(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    beat_heartbeat.mark()
    with pytest.raises(RedisError):
        beat_heartbeat.age()
