"""A server on this machine that gets webhooks, and answers as a test asks."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from standardwebhooks.webhooks import Webhook

Answer = Callable[[socket.socket], None]


def status(code: int, *headers: str) -> Answer:
    """Answer at once."""
    head = "\r\n".join([f"HTTP/1.1 {code} Whatever", "Content-Length: 0", *headers, "", ""])
    return lambda connection: connection.sendall(head.encode())


@dataclass
class Received:
    """A request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def verified_with(self, secret: str) -> dict[str, Any]:
        """The event, if the official library accepts its signature."""
        return dict(Webhook(secret).verify(self.body, self.headers))


@dataclass
class Receiver:
    """Listens from the beginning of a `with` to its end. `answer` may be changed meanwhile."""

    answer: Answer = field(default_factory=lambda: status(204))
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    _at_once: int = 0

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self.is_closing = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_closing.set()
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            with connection:
                request = _read(connection)
                if request is not None:
                    self.received.append(request)
                    self.answer(connection)
        except OSError:
            pass
        finally:
            with self._lock:
                self._at_once -= 1


def _read(connection: socket.socket) -> Received | None:
    with connection.makefile("rb") as stream:
        line = stream.readline().decode()
        if not line:
            return None
        headers = {}
        while header := stream.readline().decode().strip():
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers["content-length"]))
    return Received(path=line.split()[1], headers=headers, body=body)


def never(receiver: Receiver) -> Answer:
    """Accept, and say nothing."""
    return lambda connection: (receiver.is_closing.wait(), None)[1]


def slowly(pause: float) -> Answer:
    """Answer after so many seconds."""
    return lambda connection: (time.sleep(pause), status(204)(connection))[1]


def byte_by_byte(pause: float, count: int) -> Answer:
    """A head that comes one byte at a time."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(count):
            connection.sendall(b"x")
            time.sleep(pause)
        connection.sendall(b"\r\n\r\n")

    return answer


def much(count: int, taken: list[int]) -> Answer:
    """A body of so many bytes; `taken` gets how many were taken before the sender closed."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {count}\r\n\r\n".encode())
        sent, piece = 0, b"x" * 65_536
        try:
            while sent < count:
                sent += connection.send(piece)
        finally:
            taken.append(sent)

    return answer
