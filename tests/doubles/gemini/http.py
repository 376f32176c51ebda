"""As much of HTTP/1.1 as the two SDKs need, and ways to break it."""

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit


class Disconnected(Exception):
    """The client has disconnected."""


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request of a connection, or None at its end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    method, target, _ = first.split(" ")
    url = urlsplit(target)
    return Request(method=method, path=url.path, query=dict(parse_qsl(url.query)), headers=headers, body=body)


class Exchange:
    """The response to one request. Every wait ends at once when the client disconnects."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._gone = asyncio.create_task(reader.read(1))

    async def pause(self, seconds: float) -> None:
        done, _ = await asyncio.wait({self._gone}, timeout=seconds)
        if done:
            self._gone.exception()
            raise Disconnected

    async def respond(self, *, status: int, body: bytes, content_type: str, headers: Iterable[str] = ()) -> None:
        """Send a complete response."""
        await self._send(_head(status, content_type, f"Content-Length: {len(body)}", *headers) + body)

    async def respond_json(self, *, status: int, body: Any, headers: Iterable[str] = ()) -> None:
        data = json.dumps(body).encode()
        await self.respond(status=status, body=data, content_type="application/json; charset=UTF-8", headers=headers)

    async def begin_stream(self, *, content_type: str, headers: Iterable[str] = ()) -> None:
        await self._send(_head(200, content_type, "Transfer-Encoding: chunked", *headers))

    async def send_block(self, block: bytes) -> None:
        await self._send(b"%x\r\n%s\r\n" % (len(block), block))

    async def send_blocks(self, blocks: Iterable[bytes]) -> None:
        for block in blocks:
            await self.send_block(block)

    async def end_stream(self) -> None:
        await self._send(b"0\r\n\r\n")

    def reset(self) -> None:
        """Drop the connection with a RST, as a dying proxy does."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()
        raise Disconnected

    async def finish(self) -> None:
        """Stop watching the client, so that its next request can be read."""
        self._gone.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await self._gone

    async def _send(self, data: bytes) -> None:
        await self.pause(0)
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError:
            raise Disconnected from None


def _head(status: int, content_type: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Double", f"Content-Type: {content_type}", *headers, "Server: gemini-double", "", ""]
    return "\r\n".join(lines).encode()
