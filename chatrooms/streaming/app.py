"""`GET /message/{id}/stream`: the live reply, as server-sent events, in the process `stream`.

A raw ASGI route: Django would keep a thread for each open stream. A client costs a task, its place at the hub and what
its socket buffers; whoever reads too slowly is cut off, and comes back where it was.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections
from django.http import HttpResponse

from accounts import tokens
from accounts.models import Session
from chatrooms.exceptions import MessageNotFound, StreamUnavailable, TooManyStreams
from chatrooms.models import Reply, Status
from chatrooms.redis_stream import LAST, EntryId, Event
from chatrooms.streaming.hub import Away, Follower, Hub
from chatrooms.streaming.request import Disconnected, Receive, Scope, Send, StreamRequest, preflight
from chatrooms.streaming.sse import PING, RETRY, Gap, Transcript, event_of, refusal_of, resumed_from
from chatrooms.tickets import Ticket
from config.http.client_address import address_behind
from config.http.problems import MethodNotAllowed, NotAuthenticated, NotFound, problem_of
from config.observability import metrics
from config.observability.logs import identity_of

log = structlog.get_logger(__name__)

PING_EVERY: Final = 15.0
"""Seconds: proxies close what is silent for a minute."""

THREADS: Final = 8
"""Threads that ask the database: who may read what, and how a reply ended."""

EVENT_OF: Final = {Status.DONE: Event.DONE, Status.STOPPED: Event.STOPPED, Status.FAILED: Event.ERROR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Whose stream of which reply was asked for, and may be had."""

    user_id: int
    session_id: UUID
    reply: Reply


class StreamApp:
    """The ASGI application of the streams: one for each process."""

    def __init__(self) -> None:
        self._hub = Hub(look=_look)
        self._open: Counter[int] = Counter()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="stream-database")

    async def start(self) -> None:
        """Begin to listen for what the workers write."""
        self._hub.open()

    def end(self) -> None:
        """End the open streams, not the replies: their clients come back to whatever process takes over."""
        self._hub.end()

    async def stop(self) -> None:
        """Let go of Redis and the database, after the last stream has ended."""
        await self._hub.close()
        self._threads.shutdown(wait=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with its id bound to every log line, and log one line for it without its query string."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        identity = identity_of(headers.get("x-request-id", ""))
        peer = (scope.get("client") or ("",))[0]
        address = address_behind(peer, headers.get("x-forwarded-for", ""))
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=identity, address=address):
            request = StreamRequest(scope=scope, headers=headers, receive=receive, send=send, identity=identity)
            await self._serve(request)
            metrics.streams.labels(request.status, request.end).inc()
            log.info(
                "stream",
                method=scope["method"],
                route="message/<int:message_id>/stream" if request.message_id is not None else None,
                ids={"message_id": request.message_id},
                status=request.status,
                user_id=request.user_id,
                reply_request_id=request.asked_by,
                end=request.end,
                bytes=request.sent,
                milliseconds=round((time.monotonic() - request.started) * 1000),
            )

    async def _serve(self, request: "StreamRequest") -> None:
        try:
            await self._route(request)
        except Disconnected:
            request.end = request.end or "disconnected"
        except Exception as error:  # rendered like every other error of the API
            if not request.status:
                with contextlib.suppress(Disconnected):
                    accept = request.headers.get("accept", "")
                    await request.answer(refusal_of(problem_of(error), accept=accept))
            else:
                log.exception("stream_failed")
                request.abort()

    async def _route(self, request: StreamRequest) -> None:
        if request.message_id is None:
            raise NotFound
        if request.scope["method"] == "OPTIONS":
            await request.answer(preflight())
        elif request.scope["method"] == "GET":
            await self._stream(request)
        else:
            raise MethodNotAllowed

    async def _stream(self, request: "StreamRequest") -> None:
        access = await self._in_thread(_authorise, request)
        request.user_id, request.asked_by = access.user_id, access.reply.request_id
        if self._open[access.user_id] >= settings.STREAMS_PER_USER:
            raise TooManyStreams(f"At most {settings.STREAMS_PER_USER} at once.", retry_after=5)
        self._open[access.user_id] += 1
        metrics.stream_clients.inc()
        try:
            await _Streaming(self._hub, request, access, self._in_thread).run()
        finally:
            metrics.stream_clients.dec()
            self._open[access.user_id] -= 1
            if not self._open[access.user_id]:
                del self._open[access.user_id]

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _with_database, work, *arguments)


class _Streaming:
    """One stream, from its first byte to its last."""

    def __init__(
        self, hub: Hub, request: StreamRequest, access: Access, in_thread: Callable[..., Awaitable[Any]]
    ) -> None:
        self._hub, self._request, self._access, self._in_thread = hub, request, access, in_thread
        self._transcript = Transcript(reply_id=access.reply.pk)

    async def run(self) -> None:
        """Send everything until the end, or until the client is gone."""
        is_final = self._access.reply.is_known
        follower = None if is_final else await self._follow()
        try:
            backlog = await self._backlog(is_final=is_final)
            if self._transcript.is_over and not backlog:  # it has everything: 204 keeps a browser from coming back
                await self._request.answer(HttpResponse(status=204))
                return
            await self._request.begin(200, {"content-type": "text/event-stream; charset=utf-8"})
            self._request.spare_memory()
            await self._until_gone(self._tell(RETRY + backlog, follower))
        finally:
            if follower:
                await self._hub.leave(follower)

    async def _follow(self) -> Follower:
        try:
            return await self._hub.follow(reply_id=self._access.reply.pk, session_id=self._access.session_id)
        except Away:
            raise StreamUnavailable(retry_after=2) from None

    async def _backlog(self, *, is_final: bool) -> bytes:
        """What was said so far, behind what the client has."""
        after = resumed_from(self._request.after, reply_id=self._access.reply.pk)
        if is_final and after == EntryId(self._access.reply.attempt, LAST):
            self._transcript.is_over = True
            return b""
        if is_final and after is None:
            return self._whole(self._access.reply)
        try:
            entries = await self._hub.history(self._access.reply.pk, after=after)
        except Away:
            if not is_final:
                raise StreamUnavailable(retry_after=2) from None
            entries = []
        if after and entries and entries[0].id == after:
            self._transcript.resume(entries.pop(0))
        try:
            told = b"".join([self._transcript.tell(entry) for entry in entries])
        except Gap:
            told = await self._anew()
        if is_final and not self._transcript.is_over:
            told += self._whole(self._access.reply)
        return told

    async def _tell(self, first: bytes, follower: Follower | None) -> None:
        await self._request.write(first)
        while follower and not self._transcript.is_over:
            try:
                async with asyncio.timeout(PING_EVERY):
                    entries = await follower.next()
            except TimeoutError:
                await self._request.write(PING)
                continue
            if follower.is_slow:
                self._request.drop()
            try:
                told = b"".join([self._transcript.tell(entry) for entry in entries])
            except Gap:
                told = await self._anew()
            await self._request.write(told)
            await self._heed(follower)
        self._request.end = self._request.end or "told"
        await self._request.finish()

    async def _heed(self, follower: Follower) -> None:
        """Act on what became of the reply, or of Redis, or of the session."""
        if self._transcript.is_over:
            return
        if follower.is_due:
            reply = await self._in_thread(_final_reply, self._access.reply.pk)
            await self._request.write(self._whole(reply) if reply else self._end("not_found"))
        elif follower.is_signed_out:
            await self._request.write(self._end("session_ended"))
        elif follower.is_cut_off:
            await self._request.write(self._end(StreamUnavailable.code))

    def _end(self, code: str) -> bytes:
        """End the stream, not the reply: `final` is false where the client may come back."""
        self._transcript.is_over = True
        self._request.end = code
        return event_of(Event.ERROR, {"code": code, "final": code != StreamUnavailable.code})

    async def _anew(self) -> bytes:
        """Tell everything from the beginning, since a part was missed; nothing, if that is not to be had yet."""
        self._transcript = Transcript(reply_id=self._access.reply.pk)
        try:
            entries = await self._hub.history(self._access.reply.pk, after=None)
            return b"".join([self._transcript.tell(entry) for entry in entries])
        except Away:
            return self._end(StreamUnavailable.code)
        except Gap:
            # Redis has not all of it. The worker tells everything anew with its next piece; if there is none any more,
            # the next look at the database finds the end.
            reply = await self._in_thread(_final_reply, self._access.reply.pk)
            return self._whole(reply) if reply else b""

    def _whole(self, reply: Reply) -> bytes:
        event = EVENT_OF[Status(reply.status)]
        data: dict[str, Any] = {"length": len(reply.content)} if event is Event.DONE else {}
        if event is Event.ERROR:
            data = {"code": reply.error}
        return self._transcript.tell_whole(text=reply.content, attempt=reply.attempt, event=event, data=data)

    async def _until_gone(self, telling: Any) -> None:
        """Run until all is told or the client has gone away, whichever is first.

        Nothing in `telling` may use `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes with
        its result (github.com/python/cpython/issues/86296), and a client that has gone would keep its place.
        """
        tell, gone = asyncio.ensure_future(telling), asyncio.ensure_future(self._request.gone())
        try:
            await asyncio.wait((tell, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not tell.done():
                tell.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tell


def _authorise(request: StreamRequest) -> Access:
    """Who asks, and whether the message is theirs.

    Raises:
        TicketInvalid, TokenInvalid, TokenExpired, SessionEnded, NotAuthenticated: it is not said who asks.
        MessageNotFound: it is not one of theirs.
    """
    session, reply_id = _session_of(request)
    mine = Reply.objects.filter(answers_id=request.message_id, user_id=session.user_id)
    reply = (mine.filter(pk=reply_id) if reply_id else mine.filter(is_current=True)).first()
    if reply is None:
        raise MessageNotFound
    return Access(user_id=session.user_id, session_id=session.pk, reply=reply)


def _session_of(request: StreamRequest) -> tuple[Session, int | None]:
    """The session, and the one reply that a ticket opens; a header counts before a ticket."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return tokens.session_of(token.strip()), None
    if text := request.query.get("ticket", [""])[0]:
        ticket = Ticket.parse(text)
        return tokens.living_session(ticket.session_id), ticket.reply_id
    raise NotAuthenticated


def _final_reply(reply_id: int) -> Reply | None:
    """The reply, if it has an end and its text is known; None if not, or if it is gone."""
    reply: Reply | None = Reply.objects.filter(pk=reply_id).first()
    return reply if reply and reply.is_known else None


def _look(reply_ids: set[int], session_ids: set[UUID]) -> tuple[set[int], set[UUID]]:
    """Which of these replies have ended, with a text that is known, or are gone; and which of these sessions."""
    try:
        going = set(Reply.objects.filter(pk__in=reply_ids).unknown().values_list("pk", flat=True))
        alive = set(tokens.living_sessions(session_ids))
        return reply_ids - going, session_ids - alive
    finally:
        connections.close_all()


def _with_database(work: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return work(*arguments)
    finally:
        connections.close_all()
