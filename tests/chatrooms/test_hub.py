"""The hub's subscription breaks or falls silent and no client loses anything; slow clients are recognised."""

import asyncio
import io
from itertools import count
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import Settings
from redis import Redis

from chatrooms.stream_entries import Entry, EntryId, Event
from chatrooms.streaming import hub as hub_module
from chatrooms.streaming.hub import Hub
from chatrooms.streaming.subscriber import MAX_PENDING_BYTES, Subscriber
from tests.doubles.proxy import Proxy


def test_a_client_that_connects_during_an_outage_is_not_cut_off() -> None:
    async def subscribe() -> tuple[Subscriber, int]:
        hub = Hub(poll_database=lambda replies, sessions: (set(), set()))
        hub.start()
        try:
            await hub.subscribe(reply_id=1, bearer_id=uuid4())
            with Redis.from_url(settings.REDIS_URL) as client:  # it blocks the loop, so the hub does not notice
                killed = client.client_kill_filter(_type="pubsub")
            return await hub.subscribe(reply_id=2, bearer_id=uuid4()), int(killed)
        finally:
            await hub.close()

    subscriber, killed = asyncio.run(subscribe())
    assert killed == 1
    assert not subscriber.is_cut_off


def test_a_subscription_that_responds_is_kept(monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    monkeypatch.setattr(hub_module, "POLL_SECONDS", 0.01)

    async def kept() -> bool:
        hub = Hub(poll_database=lambda replies, sessions: (set(), set()))
        hub.start()
        try:
            await hub._is_listening.wait()
            first, polls = hub._pubsub, count(1)
            monkeypatch.setattr(hub, "_all_subscribers", lambda: next(polls) and [])
            while next(polls) < 10:  # noqa: ASYNC110  the hub has no event for it
                await asyncio.sleep(0.01)
            return hub._pubsub is first
        finally:
            await hub.close()

    assert asyncio.run(asyncio.wait_for(kept(), 120))
    assert "stream_" not in logged.getvalue()


def test_a_subscription_lost_in_a_firewall_is_renewed_when_idle(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "POLL_SECONDS", 0.5)
    target = urlsplit(settings.REDIS_URL)

    async def renewed(proxy: Proxy) -> Subscriber:
        hub = Hub(poll_database=lambda replies, sessions: (set(), set()))
        hub.start()
        try:
            await hub._is_listening.wait()
            stale = hub._pubsub
            proxy.forget()
            while hub._pubsub in (None, stale):  # noqa: ASYNC110  the hub has no event for it
                await asyncio.sleep(0.01)
            return await hub.subscribe(reply_id=1, bearer_id=uuid4())
        finally:
            await hub.close()

    with Proxy(host=target.hostname or "", port=target.port or 6379) as proxy:
        settings.REDIS_URL = settings.REDIS_URL.replace(f":{target.port}/", f":{proxy.port}/")
        subscriber = asyncio.run(asyncio.wait_for(renewed(proxy), 120))
    assert not subscriber.is_cut_off


# --- A slow client ----------------------------------------------------------------------------------------------------


def add(subscriber: Subscriber, *sizes: int) -> None:
    for number, size in enumerate(sizes):
        subscriber.add(Entry(EntryId(1, number + 1), Event.DELTA, {}), size)


def test_a_reply_that_comes_in_one_entry_makes_no_client_slow() -> None:
    subscriber = Subscriber(reply_id=1, bearer_id=uuid4())
    add(subscriber, 20, 300 * 1024, 20)  # start, the whole text, done
    assert not subscriber.is_slow
    assert len(asyncio.run(subscriber.next_entries())) == 3


@pytest.mark.parametrize("sizes", [[1024] * (MAX_PENDING_BYTES // 1024) + [1], [300 * 1024] * 5])
def test_entries_that_pile_up_make_a_client_slow(sizes: list[int]) -> None:
    subscriber = Subscriber(reply_id=1, bearer_id=uuid4())
    add(subscriber, *sizes[:-1])
    assert not subscriber.is_slow
    add(subscriber, sizes[-1])
    assert subscriber.is_slow
    assert asyncio.run(subscriber.next_entries()) == []
