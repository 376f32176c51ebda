"""`GET /message/{id}/stream`: the live reply as server-sent events, served by the process `stream`; and
`GET /v1/live/{id}`: the same in the dialect of another API (`dialects`).

A raw ASGI route: Django would keep a thread for each open stream. A client costs a task, its queue at the hub and what
its socket buffers. A client that reads too slowly is cut off, and can resume where it was.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog
from django.conf import settings

from chatrooms.exceptions import StreamUnavailable, TooManyStreams
from chatrooms.streaming.access import authorize, authorize_by_ticket
from chatrooms.streaming.client_stream import ClientStream
from chatrooms.streaming.database import close_connections_after, over_and_signed_out
from chatrooms.streaming.dialect_stream import DialectStream
from chatrooms.streaming.dialects import dialect_of
from chatrooms.streaming.hub import Hub
from chatrooms.streaming.request import Disconnected, Receive, Scope, Send, StreamRequest, preflight_response
from chatrooms.streaming.sse import refusal_response
from config.http.client_address import address_behind
from config.http.problems import MethodNotAllowed, NotFound, Problem, problem_of
from config.observability import metrics
from config.observability.logs import identity_of

log = structlog.get_logger(__name__)

DIALECT_STREAMS_PER_USER: Final = 100
"""Each belongs to a request of its own, and few replies of a user are unfinished: this bounds who opens one often."""

DATABASE_THREADS: Final = 8
"""They check who may read which reply, and how a reply has ended."""


class StreamApp:
    """The ASGI application of the streams: one for each process."""

    def __init__(self) -> None:
        self._hub = Hub(poll_database=over_and_signed_out)
        self._open: Counter[object] = Counter()
        self._threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="stream-database")

    async def start(self) -> None:
        """Begin to listen for what the workers publish."""
        self._hub.start()

    def end(self) -> None:
        """End the open streams, not the replies: the clients reconnect to the next process."""
        self._hub.disconnect_all()

    async def stop(self) -> None:
        """Close the connections to Redis and the database, after the last stream has ended."""
        await self._hub.close()
        self._threads.shutdown(wait=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with its id bound to every log line, and log one line for it without its query string."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        request_id = identity_of(headers.get("x-request-id", ""))
        peer = (scope.get("client") or ("",))[0]
        address = address_behind(peer, headers.get("x-forwarded-for", ""))
        structlog.contextvars.clear_contextvars()
        with structlog.contextvars.bound_contextvars(request_id=request_id, address=address):
            request = StreamRequest(scope=scope, headers=headers, receive=receive, send=send, request_id=request_id)
            await self._serve(request)
            metrics.streams.labels(request.status, request.end_reason).inc()
            log.info(
                "stream",
                method=scope["method"],
                route=request.route,
                ids=request.ids,
                status=request.status,
                user_id=request.user_id,
                reply_request_id=request.reply_request_id,
                end=request.end_reason,
                bytes=request.sent_bytes,
                milliseconds=round((time.monotonic() - request.started) * 1000),
            )

    async def _serve(self, request: StreamRequest) -> None:
        try:
            await self._route(request)
        except Disconnected:
            request.end_reason = request.end_reason or "disconnected"
        except Exception as error:  # rendered like every other error of the API
            if not request.status:
                with contextlib.suppress(Disconnected):
                    accept = request.headers.get("accept", "")
                    await request.respond(refusal_response(problem_of(error), accept=accept))
            else:
                log.exception("stream_failed")
                request.abort()

    async def _route(self, request: StreamRequest) -> None:
        if request.route is None:
            raise NotFound
        if request.scope["method"] == "OPTIONS":
            await request.respond(preflight_response(is_for_all=request.reply_id is not None))
        elif request.scope["method"] == "GET":
            await (self._stream(request) if request.reply_id is None else self._stream_in_dialect(request))
        else:
            raise MethodNotAllowed

    async def _stream(self, request: StreamRequest) -> None:
        access = await self._in_thread(authorize, request)
        request.reply_request_id = access.reply.request_id
        with self._counted(access.user_id, most=settings.STREAMS_PER_USER):
            await ClientStream(self._hub, request, access, self._in_thread).run()

    async def _stream_in_dialect(self, request: StreamRequest) -> None:
        access = await self._in_thread(authorize_by_ticket, request)
        request.reply_request_id = access.reply.request_id
        try:
            kind = dialect_of(access.dialect)
        except KeyError:
            raise StreamUnavailable(retry_after=2) from None  # during an upgrade
        try:
            with self._counted((access.user_id, "in dialects"), most=DIALECT_STREAMS_PER_USER):
                dialect = kind(reply=access.reply, options=access.options)
                await DialectStream(self._hub, request, access, self._in_thread, dialect).run()
        except Problem as problem:
            await request.respond(kind.refusal(problem))

    @contextlib.contextmanager
    def _counted(self, key: object, *, most: int) -> Iterator[None]:
        """Count the block as an open stream.

        Raises:
            TooManyStreams: there are `most` of this key already.
        """
        if self._open[key] >= most:
            raise TooManyStreams(f"At most {most} at once.", retry_after=5)
        self._open[key] += 1
        metrics.stream_clients.inc()
        try:
            yield
        finally:
            metrics.stream_clients.dec()
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, close_connections_after, work, *arguments)
