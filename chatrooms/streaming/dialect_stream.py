"""One client that is sent a reply in the dialect of another API, from the beginning to the end.

Such a client cannot resume everywhere, so this one follows a reply through an outage of Redis: it subscribes again, and
asks the database meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from accounts.exceptions import SessionEnded
from chatrooms.exceptions import MessageNotFound, StreamUnavailable
from chatrooms.models import Reply
from chatrooms.stream_entries import END_EVENTS, Entry
from chatrooms.streaming.access import Access
from chatrooms.streaming.client_stream import PING_SECONDS
from chatrooms.streaming.database import final_reply, over_and_signed_out
from chatrooms.streaming.dialects import Dialect
from chatrooms.streaming.hub import Hub, RedisUnavailable
from chatrooms.streaming.request import StreamRequest
from chatrooms.streaming.sse import Gap, Position
from chatrooms.streaming.subscriber import Subscriber
from config.http.problems import Problem

PAUSE: Final = 1.0
"""Seconds between two attempts to follow a reply while Redis is unavailable."""


class DialectStream:
    def __init__(
        self,
        hub: Hub,
        request: StreamRequest,
        access: Access,
        in_thread: Callable[..., Awaitable[Any]],
        dialect: Dialect,
    ) -> None:
        self._hub, self._request, self._access, self._in_thread = hub, request, access, in_thread
        self._dialect = dialect
        self._position = Position()

    async def run(self) -> None:
        """Send the reply, or wait until it has ended; return when the client has everything, or has disconnected."""
        if self._dialect.is_streamed:
            headers = {"content-type": self._dialect.content_type, **self._dialect.headers(), **self._access.headers}
            await self._request.start_response(200, headers)
            self._request.limit_send_buffer()
        await self._request.until_disconnect(self._send_all())

    async def _send_all(self) -> None:
        try:
            if self._dialect.is_streamed:
                await self._request.write(self._dialect.begin())
            reply = await self._until_final()
        except Problem as problem:
            self._request.end_reason = problem.code
            if not self._dialect.is_streamed:
                await self._request.respond(self._dialect.refusal(problem))
                return
            await self._request.write(self._dialect.broken_off(problem))
        else:
            self._request.end_reason = "told"
            if not self._dialect.is_streamed:
                response = self._dialect.whole(reply)
                for name, value in self._access.headers.items():
                    response[name] = value
                await self._request.respond(response)
                return
            await self._request.write(self._dialect.end(reply))
        await self._request.finish()

    async def _until_final(self) -> Reply:
        """Send what there is until the reply has ended; return its row.

        Raises:
            MessageNotFound: it was deleted.
            SessionEnded: the session or API key has ended.
            StreamUnavailable: the process is being stopped.
        """
        if self._access.reply.is_known:
            return self._access.reply
        while True:
            with contextlib.suppress(RedisUnavailable):
                subscriber = await self._hub.subscribe(reply_id=self._access.reply.pk, bearer_id=self._access.bearer_id)
                try:
                    if reply := await self._follow(subscriber):
                        return reply
                finally:
                    await self._hub.unsubscribe(subscriber)
            if self._hub.is_stopping:
                raise StreamUnavailable(retry_after=2)
            if reply := await self._reply_if_over():
                return reply
            await asyncio.sleep(PAUSE)

    async def _follow(self, subscriber: Subscriber) -> Reply | None:
        """Send what is published until the reply has ended; None if Redis became unavailable."""
        has_ended = await self._replay()
        while True:
            if (has_ended or subscriber.is_reply_over or subscriber.is_signed_out) and (
                reply := await self._reply_if_over()
            ):
                return reply
            if subscriber.is_cut_off:
                return None
            try:
                async with asyncio.timeout(PING_SECONDS):
                    entries = await subscriber.next_entries(self._deliver if self._dialect.is_streamed else _ignore)
            except TimeoutError:
                await self._write(self._dialect.ping)
                continue
            if subscriber.is_slow:
                if self._dialect.is_streamed:
                    self._request.drop_slow_client()
                subscriber.is_slow = False
            has_ended = await self._send(entries)

    async def _replay(self) -> bool:
        """Send everything from the beginning of the attempt; whether the reply has ended."""
        self._position = Position()
        return await self._send(await self._hub.history(self._access.reply.pk, after=None))

    async def _send(self, entries: list[Entry]) -> bool:
        """Send new entries; whether one of them was the end."""
        try:
            data = b"".join([self._rendered(entry) for entry in entries if entry.event not in END_EVENTS])
        except Gap:
            # Whoever missed something gets it all again. What Redis lost, too, the worker publishes with its next
            # chunk, or the database has it in the end.
            self._position = Position()
            entries = await self._hub.history(self._access.reply.pk, after=None)
            data = b""
            with contextlib.suppress(Gap):
                for entry in entries:
                    data += b"" if entry.event in END_EVENTS else self._rendered(entry)
        await self._write(data)
        return any(entry.event in END_EVENTS for entry in entries)

    def _rendered(self, entry: Entry) -> bytes:
        return self._dialect.add(entry) if self._dialect.is_streamed and self._position.advance(entry) else b""

    async def _write(self, data: bytes) -> None:
        if self._dialect.is_streamed:
            await self._request.write(data)

    def _deliver(self, entry: Entry) -> bool:
        """Send an entry without the client's task; False if that has to do it."""
        if entry.event in END_EVENTS or not self._request.is_writable:
            return False
        try:
            data = self._rendered(entry)
        except Gap:
            return False
        self._request.write_at_once(data)
        return True

    async def _reply_if_over(self) -> Reply | None:
        """Ask the database for the reply; None if it has not ended, or if what was used for it is not known yet."""
        reply_id, bearer_id = self._access.reply.pk, self._access.bearer_id
        over, signed_out = await self._in_thread(over_and_signed_out, {reply_id}, {bearer_id})
        if signed_out:
            raise SessionEnded
        if not over:
            return None
        reply: Reply | None = await self._in_thread(final_reply, reply_id)
        if reply is None:
            raise MessageNotFound
        return reply


def _ignore(entry: Entry) -> bool:
    """Take every entry but the end: a client that is not sent a stream waits for that alone."""
    return entry.event not in END_EVENTS
