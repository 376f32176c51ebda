"""`GET /message/{id}/stream`: the live reply as server-sent events, served by the process `stream`.

A raw ASGI route: Django would keep a thread for each open stream. A client costs a task, its queue at the hub and what
its socket buffers. A client that reads too slowly is cut off, and can resume where it was.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import structlog
from django.conf import settings

from chatrooms.exceptions import TooManyStreams
from chatrooms.streaming.access import authorize
from chatrooms.streaming.client_stream import ClientStream
from chatrooms.streaming.database import close_connections_after, over_and_signed_out
from chatrooms.streaming.hub import Hub
from chatrooms.streaming.request import Disconnected, Receive, Scope, Send, StreamRequest, preflight_response
from chatrooms.streaming.sse import refusal_response
from config.http.client_address import address_behind
from config.http.problems import MethodNotAllowed, NotFound, problem_of
from config.observability import metrics
from config.observability.logs import identity_of

log = structlog.get_logger(__name__)

DATABASE_THREADS: Final = 8
"""They check who may read which reply, and how a reply has ended."""


class StreamApp:
    """The ASGI application of the streams: one for each process."""

    def __init__(self) -> None:
        self._hub = Hub(poll_database=over_and_signed_out)
        self._open: Counter[int] = Counter()
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
                route="message/<int:message_id>/stream" if request.message_id is not None else None,
                ids={"message_id": request.message_id},
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
        if request.message_id is None:
            raise NotFound
        if request.scope["method"] == "OPTIONS":
            await request.respond(preflight_response())
        elif request.scope["method"] == "GET":
            await self._stream(request)
        else:
            raise MethodNotAllowed

    async def _stream(self, request: StreamRequest) -> None:
        access = await self._in_thread(authorize, request)
        request.reply_request_id = access.reply.request_id
        if self._open[access.user_id] >= settings.STREAMS_PER_USER:
            raise TooManyStreams(f"At most {settings.STREAMS_PER_USER} at once.", retry_after=5)
        self._open[access.user_id] += 1
        metrics.stream_clients.inc()
        try:
            await ClientStream(self._hub, request, access, self._in_thread).run()
        finally:
            metrics.stream_clients.dec()
            self._open[access.user_id] -= 1
            if not self._open[access.user_id]:
                del self._open[access.user_id]

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, close_connections_after, work, *arguments)
