"""One Redis subscription for all the streams of a process, and one look at the database for all of them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import redis.asyncio
import structlog
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from chatrooms.redis_stream import Entry, EntryId, entries_of, entry_of_message, key_of

log = structlog.get_logger(__name__)

PATIENCE: Final = 3.0
"""Seconds that one question to Redis may take: a thousand clients that come at once keep the process busy for two."""

REST: Final = 0.5
"""Seconds between two tries to subscribe; a client that comes meanwhile waits for the next."""

QUESTIONS: Final = 8
"""Histories that are read at once, each over a connection of its own; further clients wait their turn."""

LOOK_EVERY: Final = 3.0
"""Seconds between two looks, at Redis and at the database: what a lost end costs its clients."""

MAX_BEHIND: Final = 256 * 1024
"""Bytes that a client may be behind before it is dropped: what piles up on top of the socket's own buffers."""

MAX_COUNTED: Final = 64 * 1024
"""Bytes that one entry counts at most: a model that does not stream writes its answer in one, and then the end."""

QUIET_CHANNEL: Final = "live:nobody"
"""Keeps the subscription's connection open while nobody listens."""

AWAY: Final = (RedisError, OSError, asyncio.TimeoutError)


class Away(Exception):
    """Redis is not to be had."""


class Follower:
    """One client's place at the hub: the entries that it has not been sent yet, and what became of the reply.

    Attributes:
        is_slow: so much was waiting for it that the rest was dropped.
        is_cut_off: Redis went away, or the process is asked to stop.
        is_due: the database says that the reply has ended, or is gone.
        is_signed_out: the session has ended.
    """

    __slots__ = (
        "_changed",
        "_size",
        "_waiting",
        "is_cut_off",
        "is_due",
        "is_signed_out",
        "is_slow",
        "reply_id",
        "session_id",
    )

    def __init__(self, *, reply_id: int, session_id: UUID) -> None:
        self.reply_id, self.session_id = reply_id, session_id
        self._waiting: deque[Entry] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self.is_slow = self.is_cut_off = self.is_due = self.is_signed_out = False

    def put(self, entry: Entry, size: int) -> None:
        """Keep an entry for the client, unless too much is waiting."""
        self._size += min(size, MAX_COUNTED)
        if self._size > MAX_BEHIND:
            self.is_slow = True
            self._waiting.clear()
        else:
            self._waiting.append(entry)
        self._changed.set()

    def mark(self, **what: bool) -> None:
        """Set some of the attributes, and wake the client's task."""
        for name, value in what.items():
            setattr(self, name, value)
        self._changed.set()

    async def next(self) -> list[Entry]:
        """Wait until there is something new, and take all of it."""
        await self._changed.wait()
        self._changed.clear()
        entries = list(self._waiting)
        self._waiting.clear()
        self._size = 0
        return entries


class Hub:
    """Brings what the workers write to all who follow it in this process.

    Args:
        look: asks the database, in a thread, which of these replies have ended or are gone, and which sessions.
    """

    def __init__(self, *, look: Callable[[set[int], set[UUID]], tuple[set[int], set[UUID]]]) -> None:
        self._look = look
        self._followers: dict[int, set[Follower]] = {}
        self._subscribed: dict[int, asyncio.Event] = {}
        self._lock = asyncio.Lock()
        self._turns = asyncio.Semaphore(QUESTIONS)
        self._pubsub: PubSub | None = None
        self._is_listening = asyncio.Event()
        self._heard = asyncio.Event()
        self._redis = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._is_ending = False

    def open(self) -> None:
        """Begin to listen; call it in the process's loop."""
        self._tasks = [asyncio.create_task(self._listen_for_ever()), asyncio.create_task(self._look_for_ever())]

    def end(self) -> None:
        """Let everybody go, and take nobody in any more: the process is asked to stop."""
        self._is_ending = True
        for follower in self._everybody():
            follower.mark(is_cut_off=True)

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    @property
    def count(self) -> int:
        """How many follow something."""
        return sum(len(followers) for followers in self._followers.values())

    async def follow(self, *, reply_id: int, session_id: UUID) -> Follower:
        """Begin to keep what is written of a reply; what was written before is to be had from `history`.

        Raises:
            Away: Redis is, or the process is about to end.
        """
        if self._is_ending:
            raise Away
        follower = Follower(reply_id=reply_id, session_id=session_id)
        self._followers.setdefault(reply_id, set()).add(follower)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._subscribe(reply_id)
        except AWAY:
            await self.leave(follower)
            raise Away from None
        follower.is_cut_off = self._is_ending  # a connection that was lost meanwhile has brought it nothing yet
        return follower

    async def leave(self, follower: Follower) -> None:
        """Keep nothing more for it."""
        followers = self._followers.get(follower.reply_id, set())
        followers.discard(follower)
        if followers:
            return
        async with self._lock:
            if self._followers.get(follower.reply_id):
                return  # somebody came meanwhile
            self._followers.pop(follower.reply_id, None)
            self._subscribed.pop(follower.reply_id, None)
            if self._pubsub:
                with contextlib.suppress(*AWAY):
                    await self._pubsub.unsubscribe(key_of(follower.reply_id))

    async def history(self, reply_id: int, *, after: EntryId | None) -> list[Entry]:
        """Read what was written of a reply: from the entry `after` on, itself included, or all if it is not there.

        Raises:
            Away: Redis is.
        """
        try:
            if after:
                found = await self._range(reply_id, start=str(after))
                if found and found[0].id == after:
                    return found
            return await self._range(reply_id, start="-")
        except AWAY:
            raise Away from None

    async def _range(self, reply_id: int, *, start: str) -> list[Entry]:
        async with self._turns, asyncio.timeout(PATIENCE):
            try:
                found = await self._redis.xrange(key_of(reply_id), min=start)
            except (RedisConnectionError, OSError):  # after a restart of Redis, all that lay idle in the pool are dead
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                found = await self._redis.xrange(key_of(reply_id), min=start)
        return entries_of(found)

    async def _subscribe(self, reply_id: int) -> None:
        """Return when Redis has confirmed that the channel of the reply is listened to; try again if it was lost."""
        while True:
            await self._is_listening.wait()
            with contextlib.suppress(*AWAY):
                async with self._lock:
                    confirmed = self._subscribed.get(reply_id)
                    if confirmed is None and self._pubsub:
                        confirmed = self._subscribed[reply_id] = asyncio.Event()
                        await self._pubsub.subscribe(key_of(reply_id))
                if confirmed:
                    await confirmed.wait()
                    if self._subscribed.get(reply_id) is confirmed:
                        return
            await asyncio.sleep(REST)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except AWAY as error:
                log.warning("stream_redis_away", cause=type(error).__name__, followers=self.count)
            except Exception:
                log.exception("stream_hub_failed")
            self._cut_off()
            await asyncio.sleep(REST)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(QUIET_CHANNEL)
            self._pubsub = pubsub
            self._is_listening.set()
            while True:
                # Without a time-out a read would end with the socket's, which is for questions.
                message = await pubsub.get_message(timeout=None)
                if message:
                    self._heard.set()
                    self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("subscribe", "message") or message["channel"] == QUIET_CHANNEL:
            return  # redis-py takes the +PONG of RESP3 apart by letters: its type is P
        reply_id = int(message["channel"].rpartition(":")[2])
        if message["type"] == "subscribe" and reply_id in self._subscribed:
            self._subscribed[reply_id].set()
        elif message["type"] == "message":
            entry = entry_of_message(message["data"])
            for follower in self._followers.get(reply_id, ()):
                follower.put(entry, len(message["data"]))

    def _cut_off(self) -> None:
        """Let everybody know that Redis is away: what is said meanwhile would be missed."""
        self._pubsub = None
        self._is_listening.clear()
        for confirmed in self._subscribed.values():
            confirmed.set()  # whoever waits for it finds that it is no longer the one
        self._subscribed.clear()
        for follower in self._everybody():
            follower.mark(is_cut_off=True)

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._look_once()
            except Exception:
                log.exception("stream_look_failed")

    async def _look_once(self) -> None:
        if not await self._is_heard():
            self._cut_off()
            self._tasks[0].cancel()
            self._tasks[0] = asyncio.create_task(self._listen_for_ever())
            return
        followers = self._everybody()
        if not followers:
            return
        replies = {follower.reply_id for follower in followers}
        sessions = {follower.session_id for follower in followers}
        ended, signed_out = await asyncio.to_thread(self._look, replies, sessions)
        for follower in followers:
            if follower.session_id in signed_out:
                follower.mark(is_signed_out=True)
            elif follower.reply_id in ended:
                follower.mark(is_due=True)

    async def _is_heard(self) -> bool:
        """Whether Redis answers over the subscription itself: neither a frozen one nor a firewall breaks it."""
        if self._pubsub is None:
            return True  # another is being made
        self._heard.clear()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._pubsub.ping()
                await self._heard.wait()
        except AWAY:
            return False
        return True

    def _everybody(self) -> list[Follower]:
        return [follower for followers in self._followers.values() for follower in followers]
