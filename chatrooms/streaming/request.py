"""One HTTP request of the process `stream`, at the level of ASGI: what Django's request and response do elsewhere."""

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpResponse

from config.http.transport import strict_transport

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PATH: Final = re.compile(r"/message/(\d{1,18})/stream")

SEND_PATIENCE: Final = 30.0
"""Seconds for which a client may take nothing while there is something for it."""

SOCKET_BUFFER: Final = 64 * 1024
"""Bytes that the kernel may keep for a client; left alone, it would take megabytes for each that does not read."""


class Disconnected(Exception):
    """The client is gone, or is being dropped."""


class StreamRequest:
    """One request, and what was answered to it.

    Attributes:
        asked_by: the id of the request that asked for the reply, once it is known which one that is.
    """

    def __init__(self, *, scope: Scope, headers: dict[str, str], receive: Receive, send: Send, identity: str) -> None:
        self.scope, self.headers, self.identity = scope, headers, identity
        self._receive, self._send = receive, send
        match = PATH.fullmatch(scope["path"])
        self.message_id = int(match[1]) if match else None
        self.query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        self.started = time.monotonic()
        self.status = self.sent = 0
        self.user_id: int | None = None
        self.asked_by = ""
        self.end = ""

    @property
    def after(self) -> str:
        """Where the client wants to go on: what a browser sends by itself, else the query."""
        return self.headers.get("last-event-id") or self.query.get("after", [""])[0]

    async def answer(self, response: HttpResponse) -> None:
        """Send a whole response."""
        headers = {name.lower(): value for name, value in response.items()}
        await self.begin(response.status_code, {**headers, "content-length": str(len(response.content))})
        await self._put(response.content, more=False)

    async def begin(self, status: int, headers: dict[str, str]) -> None:
        """Send the status and the headers, with those that every answer has."""
        self.status = status
        every = {**_every_header(), **self._cors(), "x-request-id": self.identity, **headers}
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in every.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": encoded})

    async def write(self, data: bytes) -> None:
        """Send a part of the body.

        Raises:
            Disconnected: the client takes nothing.
        """
        if data:
            try:
                async with asyncio.timeout(SEND_PATIENCE):
                    await self._put(data, more=True)
            except TimeoutError:
                self.drop()

    def drop(self) -> None:
        """Cut a client off that does not read.

        Raises:
            Disconnected: always.
        """
        self.end = "too_slow"
        self.abort()
        raise Disconnected

    async def finish(self) -> None:
        """End the body."""
        await self._put(b"", more=False)

    async def gone(self) -> None:
        """Return when the client has gone away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def spare_memory(self) -> None:
        """Let the kernel keep little for a client that does not read."""
        if (transport := self._transport()) and (wire := transport.get_extra_info("socket")):
            with contextlib.suppress(OSError):
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)

    def abort(self) -> None:
        """Close the connection without waiting for the client to take what is buffered."""
        if transport := self._transport():
            transport.abort()

    def _transport(self) -> asyncio.Transport | None:
        """The connection: ASGI has no word for dropping one, but uvicorn's `send` is a method of what holds it."""
        return getattr(getattr(self._send, "__self__", None), "transport", None)

    async def _put(self, data: bytes, *, more: bool) -> None:
        self.sent += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    def _cors(self) -> dict[str, str]:
        """Let the pages of `WEB_ORIGIN` and of `APP_ORIGINS` read the answer, and no others."""
        origin = self.headers.get("origin", "")
        if origin not in (settings.WEB_ORIGIN, *settings.APP_ORIGINS):
            return {"vary": "Origin"}
        exposed = ", ".join(settings.CORS_EXPOSE_HEADERS)
        return {"vary": "Origin", "access-control-allow-origin": origin, "access-control-expose-headers": exposed}


def _every_header() -> dict[str, str]:
    return {
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
        "referrer-policy": settings.SECURE_REFERRER_POLICY,
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        **{name.lower(): value for name, value in strict_transport().items()},
    }


def preflight() -> HttpResponse:
    """What a browser asks before it sends `Authorization` across origins."""
    response = HttpResponse(status=204)
    del response["Content-Type"]
    response["Access-Control-Allow-Methods"] = "GET"
    response["Access-Control-Allow-Headers"] = ", ".join(settings.CORS_ALLOW_HEADERS)
    response["Access-Control-Max-Age"] = "600"
    return response
