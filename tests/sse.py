"""A client of server-sent events that follows the standard: an event that did not arrive whole is dropped."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests import promised


@dataclass
class ReceivedEvent:
    """`at` is when it came, in seconds of `time.monotonic`."""

    event: str
    data: dict[str, Any]
    id: str
    at: float = field(default=0.0, compare=False)


@dataclass
class Reader:
    """Puts a reply together from its events, as a client does."""

    text: str = ""
    last_id: str = ""
    starts: int = 0
    end: ReceivedEvent | None = None
    events: list[ReceivedEvent] = field(default_factory=list)

    def receive(self, received: ReceivedEvent) -> None:
        self.events.append(received)
        self.last_id = received.id or self.last_id
        if received.event == "start":
            self.text, self.starts = "", self.starts + 1
        elif received.event == "delta":
            self.text += received.data["text"]
        else:
            self.end = received


class Response:
    """One HTTP response over a raw socket, so that it can be cut anywhere."""

    def __init__(
        self,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        timeout: float = 30,
        buffer: int = 0,
        accept: str = "text/event-stream",
    ) -> None:
        parts = urlsplit(url)
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(timeout)
        self.socket.connect((str(parts.hostname), parts.port or 80))
        lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"Host: {parts.netloc}", f"Accept: {accept}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self._rest = b""
        self.received = 0
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}

    def _fill(self) -> bool:
        more = self.socket.recv(65536)
        self.received += len(more)
        self._rest += more
        return bool(more)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            if not self._fill():
                raise ConnectionError("closed")
        found, _, self._rest = self._rest.partition(mark)
        return found

    def body(self) -> bytes:
        """Return the whole body of a response that does not stream."""
        length = int(self.headers.get("content-length", 0))
        while len(self._rest) < length and self._fill():
            pass
        return self._rest[:length]

    def events(self, *, at_most: int | None = None) -> Iterator[ReceivedEvent]:
        """Yield the events until the end of the body, or until `at_most` bytes of it, as with a broken connection."""
        pending = b""
        taken = 0
        for chunk in self._chunks():
            if at_most is not None and taken + len(chunk) > at_most:
                chunk = chunk[: at_most - taken]
            taken += len(chunk)
            pending += chunk
            *whole, pending = pending.split(b"\n\n")
            for block in whole:
                if received := _parse(block):
                    yield received
            if at_most is not None and taken >= at_most:
                return

    def _chunks(self) -> Iterator[bytes]:
        if "content-length" in self.headers:  # a refusal that comes as an event
            yield self.body()
            return
        while size := int(self._until(b"\r\n"), 16):
            while len(self._rest) < size + 2:
                if not self._fill():
                    raise ConnectionError("closed in the middle")
            chunk, self._rest = self._rest[:size], self._rest[size + 2 :]
            yield chunk

    def close(self) -> None:
        self.socket.close()


def _parse(block: bytes) -> ReceivedEvent | None:
    fields: dict[str, str] = {}
    for line in block.decode().split("\n"):
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
    if "data" not in fields:
        return None
    data = json.loads(fields["data"])
    promised.hold_event({"event": fields["event"], "data": data, **({"id": fields["id"]} if "id" in fields else {})})
    return ReceivedEvent(fields["event"], data, fields.get("id", ""), time.monotonic())


def read(url: str, **options: Any) -> Reader:
    """Read a stream to its end."""
    reader = Reader()
    response = Response(url, **options)
    assert response.status == 200, response.status
    try:
        for received in response.events():
            reader.receive(received)
    finally:
        response.close()
    return reader
