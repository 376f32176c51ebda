"""The hub's subscription breaks, and whoever comes before it is renewed loses nothing."""

import asyncio
from uuid import uuid4

from django.conf import settings
from redis import Redis

from chatrooms.hub import Follower, Hub


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
