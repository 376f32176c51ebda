"""The hub's subscription breaks or falls silent, and nobody loses anything by it; slow readers are told apart."""

import asyncio
import io
from itertools import count
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import Settings
from redis import Redis

from chatrooms.redis_stream import Entry, EntryId, Event
from chatrooms.streaming import hub as hubs
from chatrooms.streaming.hub import MAX_BEHIND, Follower, Hub
from tests.doubles.proxy import Proxy


def test_who_comes_while_the_broken_subscription_is_not_noticed_yet_is_not_cut_off() -> None:
    async def follow() -> tuple[Follower, int]:
        hub = Hub(look=lambda replies, sessions: (set(), set()))
        hub.open()
        try:
            await hub.follow(reply_id=1, session_id=uuid4())
            with Redis.from_url(settings.REDIS_URL) as client:  # it keeps the loop busy: the hub sees nothing of this
                killed = client.client_kill_filter(_type="pubsub")
            return await hub.follow(reply_id=2, session_id=uuid4()), int(killed)
        finally:
            await hub.close()

    follower, killed = asyncio.run(follow())
    assert killed == 1
    assert not follower.is_cut_off


def test_a_subscription_that_answers_is_kept(monkeypatch: pytest.MonkeyPatch, logged: io.StringIO) -> None:
    monkeypatch.setattr(hubs, "LOOK_EVERY", 0.01)

    async def kept() -> bool:
        hub = Hub(look=lambda replies, sessions: (set(), set()))
        hub.open()
        try:
            await hub._is_listening.wait()
            first, looks = hub._pubsub, count(1)
            monkeypatch.setattr(hub, "_everybody", lambda: next(looks) and [])
            while next(looks) < 10:  # noqa: ASYNC110  what is looked at knows nothing of this test
                await asyncio.sleep(0.01)
            return hub._pubsub is first
        finally:
            await hub.close()

    assert asyncio.run(asyncio.wait_for(kept(), 120))
    assert "stream_" not in logged.getvalue()


def test_a_subscription_that_a_firewall_forgot_is_renewed_while_nobody_reads(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubs, "LOOK_EVERY", 0.5)
    target = urlsplit(settings.REDIS_URL)

    async def renewed(proxy: Proxy) -> Follower:
        hub = Hub(look=lambda replies, sessions: (set(), set()))
        hub.open()
        try:
            await hub._is_listening.wait()
            stale = hub._pubsub
            proxy.forget()
            while hub._pubsub in (None, stale):  # noqa: ASYNC110  what is looked at knows nothing of this test
                await asyncio.sleep(0.01)
            return await hub.follow(reply_id=1, session_id=uuid4())
        finally:
            await hub.close()

    with Proxy(host=target.hostname or "", port=target.port or 6379) as proxy:
        settings.REDIS_URL = settings.REDIS_URL.replace(f":{target.port}/", f":{proxy.port}/")
        follower = asyncio.run(asyncio.wait_for(renewed(proxy), 120))
    assert not follower.is_cut_off


# --- A slow reader ----------------------------------------------------------------------------------------------------


def put(follower: Follower, *sizes: int) -> None:
    for number, size in enumerate(sizes):
        follower.put(Entry(EntryId(1, number + 1), Event.DELTA, {}), size)


def test_an_answer_that_comes_in_one_piece_makes_no_reader_slow() -> None:
    follower = Follower(reply_id=1, session_id=uuid4())
    put(follower, 20, 300 * 1024, 20)  # start, all of it, done
    assert not follower.is_slow
    assert len(asyncio.run(follower.next())) == 3


@pytest.mark.parametrize("sizes", [[1024] * (MAX_BEHIND // 1024) + [1], [300 * 1024] * 5])
def test_what_piles_up_does(sizes: list[int]) -> None:
    follower = Follower(reply_id=1, session_id=uuid4())
    put(follower, *sizes[:-1])
    assert not follower.is_slow
    put(follower, sizes[-1])
    assert follower.is_slow
    assert asyncio.run(follower.next()) == []
