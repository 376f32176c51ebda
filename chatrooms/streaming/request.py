"""One HTTP request of the process `stream` as raw ASGI, in place of Django's request and response."""

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpResponse

from config.http.transport import strict_transport

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Coroutine[Any, Any, None]]

PATH: Final = re.compile(r"/message/(\d{1,18})/stream")
DIALECT_PATH: Final = re.compile(r"/v1/live/(\d{1,18})")
"""Where a reply is sent in the dialect of another API, by the reply's id. Only a ticket opens it."""

SEND_TIMEOUT: Final = 30.0
"""Seconds after which a client is dropped that does not read what it is sent."""

SEND_BUFFER_BYTES: Final = 64 * 1024
"""Buffered by the kernel for each client; its default would be megabytes for a client that does not read."""


class Disconnected(Exception):
    """The client has disconnected, or is being dropped."""


class StreamRequest:
    """One request and its response.

    Attributes:
        reply_request_id: the id of the request that the reply was made for, once the reply is known.
        end_reason: why the stream ended, for the log and the metrics.
    """

    def __init__(self, *, scope: Scope, headers: dict[str, str], receive: Receive, send: Send, request_id: str) -> None:
        self.scope, self.headers, self.request_id = scope, headers, request_id
        self._receive, self._send = receive, send
        self._flow = getattr(getattr(send, "__self__", None), "flow", None)
        match = PATH.fullmatch(scope["path"])
        self.message_id = int(match[1]) if match else None
        match = DIALECT_PATH.fullmatch(scope["path"])
        self.reply_id = int(match[1]) if match else None
        self.query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        self.started = time.monotonic()
        self.status = self.sent_bytes = 0
        self.user_id: int | None = None
        self.reply_request_id = ""
        self.end_reason = ""

    @property
    def route(self) -> str | None:
        """The route of the path as the log names it; None if there is none."""
        if self.message_id is not None:
            return "message/<int:message_id>/stream"
        return "v1/live/<int:reply_id>" if self.reply_id is not None else None

    @property
    def ids(self) -> dict[str, int | None]:
        """The ids in the path, for the log."""
        return {"message_id": self.message_id} if self.reply_id is None else {"reply_id": self.reply_id}

    @property
    def last_event_id(self) -> str:
        """Where the client wants to resume: the header that a browser sends, else the query's `after`."""
        return self.headers.get("last-event-id") or self.query.get("after", [""])[0]

    async def respond(self, response: HttpResponse) -> None:
        """Send a complete response."""
        headers = {name.lower(): value for name, value in response.items()}
        await self.start_response(response.status_code, {**headers, "content-length": str(len(response.content))})
        await self._send_body(response.content, more=False)

    async def start_response(self, status: int, headers: dict[str, str]) -> None:
        """Send the status and the headers, with those that every response has."""
        self.status = status
        all_headers = {**_default_headers(), **self._cors_headers(), "x-request-id": self.request_id, **headers}
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in all_headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def write(self, data: bytes) -> None:
        """Send a part of the body.

        Raises:
            Disconnected: the client does not read.
        """
        if data:
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._send_body(data, more=True)
            except TimeoutError:
                self.drop_slow_client()

    @property
    def is_writable(self) -> bool:
        """Whether a write would not wait for the client; False under another server than uvicorn.

        `flow` is private, as `transport` is in `_transport`.
        """
        return self._flow is not None and not self._flow.write_paused

    def write_at_once(self, data: bytes) -> None:
        """Send a part of the body outside the request's task, while the request `is_writable`.

        Uvicorn's `send` then waits for nothing, so its first step is its last.
        """
        if not data:
            return
        sending = self._send_body(data, more=True)
        try:
            sending.send(None)
        except StopIteration:
            return
        except RuntimeError:  # uvloop's, for a connection that is being closed
            pass
        sending.close()
        self.abort()

    def drop_slow_client(self) -> None:
        """Cut the connection of a client that does not read.

        Raises:
            Disconnected: always.
        """
        self.end_reason = "too_slow"
        self.abort()
        raise Disconnected

    async def finish(self) -> None:
        """End the body."""
        await self._send_body(b"", more=False)

    async def until_disconnect(self, sending: Coroutine[Any, Any, None]) -> None:
        """Run `sending` until it is finished or the client has disconnected, whichever is first.

        `sending` must not use `asyncio.wait_for`: before Python 3.12 it swallows a cancellation that comes together
        with its result (github.com/python/cpython/issues/86296), and the client would stay subscribed.
        """
        send = asyncio.ensure_future(sending)
        disconnect = asyncio.ensure_future(self.wait_for_disconnect())
        try:
            await asyncio.wait((send, disconnect), return_when=asyncio.FIRST_COMPLETED)
        finally:
            disconnect.cancel()
            if not send.done():
                send.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await send

    async def wait_for_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def limit_send_buffer(self) -> None:
        """Let the kernel buffer little for a client that does not read."""
        if (transport := self._transport()) and (connection := transport.get_extra_info("socket")):
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def abort(self) -> None:
        """Close the connection without waiting for the client to read what is buffered."""
        if transport := self._transport():
            transport.abort()

    def _transport(self) -> asyncio.Transport | None:
        """Return the connection under uvicorn, or None under another server.

        ASGI has no way to drop a connection. Uvicorn's `send` is a method of its RequestResponseCycle, whose attribute
        `transport` is private. Read in uvicorn 0.54.0; `tests/chatrooms/test_private_attributes.py` fails when it is
        gone.
        """
        return getattr(getattr(self._send, "__self__", None), "transport", None)

    def _send_body(self, data: bytes, *, more: bool) -> Coroutine[Any, Any, None]:
        self.sent_bytes += len(data)
        return self._send({"type": "http.response.body", "body": data, "more_body": more})

    def _cors_headers(self) -> dict[str, str]:
        """Let the pages of `WEB_ORIGIN` and of `APP_ORIGINS` read the response, and no others.

        A reply in a dialect is opened by its ticket alone, and after a redirect to another origin a browser sends
        `Origin: null`: so every page may read it that has the ticket.
        """
        if self.reply_id is not None:
            return {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED_BY_DIALECTS}
        origin = self.headers.get("origin", "")
        if origin not in (settings.WEB_ORIGIN, *settings.APP_ORIGINS):
            return {"vary": "Origin"}
        exposed = ", ".join(settings.CORS_EXPOSE_HEADERS)
        return {"vary": "Origin", "access-control-allow-origin": origin, "access-control-expose-headers": exposed}


EXPOSED_BY_DIALECTS: Final = ", ".join(
    [
        *("Retry-After", "X-Request-ID", "Idempotency-Replayed"),
        *(f"x-ratelimit-{name}-requests" for name in ("limit", "remaining", "reset")),
    ]
)


def _default_headers() -> dict[str, str]:
    return {
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "referrer-policy": settings.SECURE_REFERRER_POLICY,
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        **{name.lower(): value for name, value in strict_transport().items()},
    }


def preflight_response(*, is_for_all: bool = False) -> HttpResponse:
    """Answer the request that a browser makes before it sends `Authorization` across origins.

    With `is_for_all`, any further header may come: those of a client that `web` has redirected.
    """
    response = HttpResponse(status=204)
    del response["Content-Type"]
    response["Access-Control-Allow-Methods"] = "GET"
    response["Access-Control-Allow-Headers"] = ", ".join(["*"] * is_for_all + settings.CORS_ALLOW_HEADERS)
    response["Access-Control-Max-Age"] = "600"
    return response
