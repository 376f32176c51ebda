"""A TCP proxy in front of a real server, which can refuse or freeze connections."""

import contextlib
import select
import socket
import struct
import threading
from typing import Literal, Self

Mode = Literal["pass", "refuse", "freeze"]


class Proxy:
    """Listens on its own port and passes bytes on while its mode is `pass`.

    `refuse` cuts every connection and accepts no new one, as a stopped server does; `freeze` accepts connections and
    bytes but passes nothing on, as a hung server does.
    """

    def __init__(self, *, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thawed = threading.Event()
        self._thawed.set()
        self._listener: socket.socket | None = None
        self._forgotten: set[socket.socket] = set()
        self._to_reset: set[socket.socket] = set()
        self.port = 0
        self._listen()

    def set(self, mode: Mode) -> None:
        """Change what happens to connections, those that are open included."""
        if mode == "freeze":
            self._thawed.clear()
        else:
            self._thawed.set()
        if mode == "refuse":
            self._stop_listening()
            self._cut()
        elif self._listener is None:
            self._listen()

    def forget(self) -> None:
        """Silently pass nothing on over the connections that are open, as a firewall may."""
        with self._lock:
            self._forgotten |= self._open

    def reset(self) -> int:
        """End the open connections with a TCP reset, as a load balancer does; how many sides. New ones are taken."""
        with self._lock:
            for each in self._open:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._to_reset |= self._open
            return len(self._open)

    def close(self) -> None:
        self.set("refuse")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, ValueError):
            self._thawed.wait()
            with socket.create_connection(self._target) as server:
                with self._lock:
                    self._open |= {client, server}
                try:
                    self._copy(client, server)
                finally:
                    with self._lock:
                        self._open -= {client, server}
                        self._forgotten -= {client, server}
                        self._to_reset -= {client, server}

    def _copy(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        while True:
            readable, _, _ = select.select(list(other), [], [], 1)
            self._thawed.wait()
            if client in self._to_reset:
                return
            for side in readable:
                data = side.recv(65536)
                if not data:
                    return
                if side in self._forgotten:
                    continue
                other[side].sendall(data)

    def _cut(self) -> None:
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
