"""One client's stream, from its first byte to its last."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from django.http import HttpResponse

from chatrooms.exceptions import StreamUnavailable
from chatrooms.models import Reply, Status
from chatrooms.stream_entries import END_EVENTS, LAST_NUMBER, Entry, EntryId, Event
from chatrooms.streaming.access import Access
from chatrooms.streaming.database import final_reply
from chatrooms.streaming.hub import Hub, RedisUnavailable
from chatrooms.streaming.request import StreamRequest
from chatrooms.streaming.sse import PING, RETRY, Gap, SseCursor, parse_last_event_id, render_event
from chatrooms.streaming.subscriber import Subscriber

PING_SECONDS: Final = 15.0
"""Between two pings: proxies close a connection that is silent for a minute."""

END_EVENT_OF: Final = {Status.DONE: Event.DONE, Status.STOPPED: Event.STOPPED, Status.FAILED: Event.ERROR}


class ClientStream:
    def __init__(
        self, hub: Hub, request: StreamRequest, access: Access, in_thread: Callable[..., Awaitable[Any]]
    ) -> None:
        self._hub, self._request, self._access, self._in_thread = hub, request, access, in_thread
        self._cursor = SseCursor(reply_id=access.reply.pk)

    async def run(self) -> None:
        """Send everything until the end, or until the client disconnects."""
        is_final = self._access.reply.is_known
        subscriber = None if is_final else await self._subscribe()
        try:
            backlog = await self._backlog(is_final=is_final)
            if self._cursor.is_over and not backlog:  # it has everything: 204 keeps a browser from reconnecting
                await self._request.respond(HttpResponse(status=204))
                return
            await self._request.start_response(200, {"content-type": "text/event-stream; charset=utf-8"})
            self._request.limit_send_buffer()
            await self._request.until_disconnect(self._send_all(RETRY + backlog, subscriber))
        finally:
            if subscriber:
                await self._hub.unsubscribe(subscriber)

    async def _subscribe(self) -> Subscriber:
        try:
            return await self._hub.subscribe(reply_id=self._access.reply.pk, bearer_id=self._access.bearer_id)
        except RedisUnavailable:
            raise StreamUnavailable(retry_after=2) from None

    async def _backlog(self, *, is_final: bool) -> bytes:
        """Return the events that were published before and that the client does not have."""
        after = parse_last_event_id(self._request.last_event_id, reply_id=self._access.reply.pk)
        if is_final and after == EntryId(self._access.reply.attempt, LAST_NUMBER):
            self._cursor.is_over = True
            return b""
        if is_final and after is None:
            return self._snapshot(self._access.reply)
        try:
            entries = await self._hub.history(self._access.reply.pk, after=after)
        except RedisUnavailable:
            if not is_final:
                raise StreamUnavailable(retry_after=2) from None
            entries = []
        if after and entries and entries[0].id == after:
            self._cursor.resume_after(entries.pop(0))
        try:
            events = b"".join([self._cursor.render(entry) for entry in entries])
        except Gap:
            events = await self._replay()
        if is_final and not self._cursor.is_over:
            events += self._snapshot(self._access.reply)
        return events

    async def _send_all(self, backlog: bytes, subscriber: Subscriber | None) -> None:
        await self._request.write(backlog)
        while subscriber and not self._cursor.is_over:
            try:
                async with asyncio.timeout(PING_SECONDS):
                    entries = await subscriber.next_entries(self._deliver)
            except TimeoutError:
                await self._request.write(PING)
                continue
            if subscriber.is_slow:
                self._request.drop_slow_client()
            try:
                events = b"".join([self._cursor.render(entry) for entry in entries])
            except Gap:
                events = await self._replay()
            await self._request.write(events)
            await self._handle_flags(subscriber)
        self._request.end_reason = self._request.end_reason or "told"
        await self._request.finish()

    def _deliver(self, entry: Entry) -> bool:
        """Send an entry without the client's task; False if that has to do it."""
        if entry.event in END_EVENTS or not self._request.is_writable:
            return False
        try:
            data = self._cursor.render(entry)
        except Gap:
            return False
        self._request.write_at_once(data)
        return True

    async def _handle_flags(self, subscriber: Subscriber) -> None:
        """End the stream if the reply or the session (or API key) has ended, or if Redis is unavailable."""
        if self._cursor.is_over:
            return
        if subscriber.is_reply_over:
            reply = await self._in_thread(final_reply, self._access.reply.pk)
            await self._request.write(self._snapshot(reply) if reply else self._end("not_found"))
        elif subscriber.is_signed_out:
            await self._request.write(self._end("session_ended"))
        elif subscriber.is_cut_off:
            await self._request.write(self._end(StreamUnavailable.code))

    def _end(self, code: str) -> bytes:
        """End the stream, not the reply: `final` is false where the client may reconnect."""
        self._cursor.is_over = True
        self._request.end_reason = code
        return render_event(Event.ERROR, {"code": code, "final": code != StreamUnavailable.code})

    async def _replay(self) -> bytes:
        """Return everything from the beginning, since the client missed a part; nothing if it is not available yet."""
        self._cursor = SseCursor(reply_id=self._access.reply.pk)
        try:
            entries = await self._hub.history(self._access.reply.pk, after=None)
            return b"".join([self._cursor.render(entry) for entry in entries])
        except RedisUnavailable:
            return self._end(StreamUnavailable.code)
        except Gap:
            # Redis does not have all of it. The worker publishes the whole text again with its next chunk; if there is
            # none, the next poll of the database finds the end.
            reply = await self._in_thread(final_reply, self._access.reply.pk)
            return self._snapshot(reply) if reply else b""

    def _snapshot(self, reply: Reply) -> bytes:
        event = END_EVENT_OF[Status(reply.status)]
        data: dict[str, Any] = {"length": len(reply.content)} if event is Event.DONE else {}
        if event is Event.ERROR:
            data = {"code": reply.error}
        return self._cursor.render_snapshot(
            text=reply.content, parts=reply.parts or [], attempt=reply.attempt, event=event, data=data
        )
