"""One Redis subscription for all the streams of a process, and one poll of the database for all of them."""

import asyncio
import contextlib
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

from chatrooms.stream_entries import Entry, EntryId, parse_entries, parse_message, stream_key
from chatrooms.streaming.subscriber import Subscriber

log = structlog.get_logger(__name__)

REDIS_TIMEOUT: Final = 3.0
"""Seconds for one command: a thousand clients that connect at once keep the process busy for two."""

RESUBSCRIBE_SECONDS: Final = 0.5
"""Between two attempts to subscribe; a client that connects meanwhile waits for the next."""

MAX_READS: Final = 8
"""Streams that are read at once, each over its own connection; further clients wait their turn."""

POLL_SECONDS: Final = 3.0
"""Between two checks of the subscription and of the database: how late a client learns of an end that was lost."""

IDLE_CHANNEL: Final = "live:nobody"
"""Keeps the subscription's connection open while there are no clients."""

REDIS_ERRORS: Final = (RedisError, OSError, asyncio.TimeoutError)


class RedisUnavailable(Exception):
    """Redis cannot be reached, or the process is being stopped."""


class Hub:
    """Passes what the workers publish to all clients of this process.

    Args:
        poll_database: asks the database, in a thread, which of these replies have ended or are gone, and which of
            these sessions and API keys have ended.
    """

    def __init__(self, *, poll_database: Callable[[set[int], set[UUID]], tuple[set[int], set[UUID]]]) -> None:
        self._poll_database = poll_database
        self._subscribers: dict[int, set[Subscriber]] = {}
        self._confirmations: dict[int, asyncio.Event] = {}
        self._lock = asyncio.Lock()
        self._reads = asyncio.Semaphore(MAX_READS)
        self._pubsub: PubSub | None = None
        self._is_listening = asyncio.Event()
        self._has_received = asyncio.Event()
        self._redis = redis.asyncio.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=REDIS_TIMEOUT,
            socket_connect_timeout=REDIS_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._is_stopping = False

    def start(self) -> None:
        """Begin to listen; to be called within the process's event loop."""
        self._tasks = [asyncio.create_task(self._listen_forever()), asyncio.create_task(self._poll_forever())]

    def disconnect_all(self) -> None:
        """End all streams and accept no new ones: the process is being stopped."""
        self._is_stopping = True
        for subscriber in self._all_subscribers():
            subscriber.set_flags(is_cut_off=True)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    @property
    def is_stopping(self) -> bool:
        """Whether the process is being stopped."""
        return self._is_stopping

    @property
    def count(self) -> int:
        """How many clients there are."""
        return sum(len(subscribers) for subscribers in self._subscribers.values())

    async def subscribe(self, *, reply_id: int, bearer_id: UUID) -> Subscriber:
        """Begin to queue what is published of a reply; `history` has what was published before.

        Raises:
            RedisUnavailable
        """
        if self._is_stopping:
            raise RedisUnavailable
        subscriber = Subscriber(reply_id=reply_id, bearer_id=bearer_id)
        self._subscribers.setdefault(reply_id, set()).add(subscriber)
        try:
            async with asyncio.timeout(REDIS_TIMEOUT):
                await self._subscribe_to_channel(reply_id)
        except REDIS_ERRORS:
            await self.unsubscribe(subscriber)
            raise RedisUnavailable from None
        # A connection that was lost while it waited has brought it nothing yet, so that does not cut it off.
        subscriber.is_cut_off = self._is_stopping
        return subscriber

    async def unsubscribe(self, subscriber: Subscriber) -> None:
        subscribers = self._subscribers.get(subscriber.reply_id, set())
        subscribers.discard(subscriber)
        if subscribers:
            return
        async with self._lock:
            if self._subscribers.get(subscriber.reply_id):
                return  # another client has subscribed meanwhile
            self._subscribers.pop(subscriber.reply_id, None)
            self._confirmations.pop(subscriber.reply_id, None)
            if self._pubsub:
                with contextlib.suppress(*REDIS_ERRORS):
                    await self._pubsub.unsubscribe(stream_key(subscriber.reply_id))

    async def history(self, reply_id: int, *, after: EntryId | None) -> list[Entry]:
        """Read the entries of a reply from `after` on, itself included, or all if `after` is not there.

        Raises:
            RedisUnavailable
        """
        try:
            if after:
                entries = await self._read(reply_id, start=str(after))
                if entries and entries[0].id == after:
                    return entries
            return await self._read(reply_id, start="-")
        except REDIS_ERRORS:
            raise RedisUnavailable from None

    async def _read(self, reply_id: int, *, start: str) -> list[Entry]:
        async with self._reads, asyncio.timeout(REDIS_TIMEOUT):
            try:
                found = await self._redis.xrange(stream_key(reply_id), min=start)
            except (RedisConnectionError, OSError):  # after a restart of Redis all idle connections are dead
                await self._redis.connection_pool.disconnect(inuse_connections=False)
                found = await self._redis.xrange(stream_key(reply_id), min=start)
        return parse_entries(found)

    async def _subscribe_to_channel(self, reply_id: int) -> None:
        """Return when Redis has confirmed the subscription to the reply's channel; try again if it was lost."""
        while True:
            await self._is_listening.wait()
            with contextlib.suppress(*REDIS_ERRORS):
                async with self._lock:
                    confirmed = self._confirmations.get(reply_id)
                    if confirmed is None and self._pubsub:
                        confirmed = self._confirmations[reply_id] = asyncio.Event()
                        await self._pubsub.subscribe(stream_key(reply_id))
                if confirmed:
                    await confirmed.wait()
                    if self._confirmations.get(reply_id) is confirmed:
                        return
            await asyncio.sleep(RESUBSCRIBE_SECONDS)

    async def _listen_forever(self) -> None:
        while True:
            try:
                await self._listen()
            except REDIS_ERRORS as error:
                log.warning("stream_redis_unavailable", cause=type(error).__name__, clients=self.count)
            except Exception:
                log.exception("stream_hub_failed")
            self._cut_off_all()
            await asyncio.sleep(RESUBSCRIBE_SECONDS)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(IDLE_CHANNEL)
            self._pubsub = pubsub
            self._is_listening.set()
            while True:
                # With timeout=None a read waits for ever, rather than for the socket's timeout, which is for commands.
                message = await pubsub.get_message(timeout=None)
                if message:
                    self._has_received.set()
                    self._dispatch(message)

    def _dispatch(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("subscribe", "message") or message["channel"] == IDLE_CHANNEL:
            return  # redis-py splits the +PONG of RESP3 into letters: its type is P
        reply_id = int(message["channel"].rpartition(":")[2])
        if message["type"] == "subscribe" and reply_id in self._confirmations:
            self._confirmations[reply_id].set()
        elif message["type"] == "message":
            entry = parse_message(message["data"])
            if entry is None:
                return
            for subscriber in self._subscribers.get(reply_id, ()):
                subscriber.add(entry, len(message["data"]))

    def _cut_off_all(self) -> None:
        """Cut all clients off, since Redis is unavailable: they would miss what is published meanwhile."""
        self._pubsub = None
        self._is_listening.clear()
        for confirmed in self._confirmations.values():
            confirmed.set()  # a task that waits for it then finds that it is outdated
        self._confirmations.clear()
        for subscriber in self._all_subscribers():
            subscriber.set_flags(is_cut_off=True)

    async def _poll_forever(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self._poll_once()
            except Exception:
                log.exception("stream_poll_failed")

    async def _poll_once(self) -> None:
        if not await self._is_subscription_alive():
            self._cut_off_all()
            self._tasks[0].cancel()
            self._tasks[0] = asyncio.create_task(self._listen_forever())
            return
        subscribers = self._all_subscribers()
        if not subscribers:
            return
        reply_ids = {subscriber.reply_id for subscriber in subscribers}
        bearer_ids = {subscriber.bearer_id for subscriber in subscribers}
        over, signed_out = await asyncio.to_thread(self._poll_database, reply_ids, bearer_ids)
        for subscriber in subscribers:
            if subscriber.bearer_id in signed_out:
                subscriber.set_flags(is_signed_out=True)
            elif subscriber.reply_id in over:
                subscriber.set_flags(is_reply_over=True)

    async def _is_subscription_alive(self) -> bool:
        """Ping over the subscription itself: a frozen Redis or a firewall does not break the connection."""
        if self._pubsub is None:
            return True  # a new subscription is being made
        self._has_received.clear()
        try:
            async with asyncio.timeout(REDIS_TIMEOUT):
                await self._pubsub.ping()
                await self._has_received.wait()
        except REDIS_ERRORS:
            return False
        return True

    def _all_subscribers(self) -> list[Subscriber]:
        return [subscriber for subscribers in self._subscribers.values() for subscriber in subscribers]
