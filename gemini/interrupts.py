"""Calls that another thread can end, also while they wait for the vendor.

Closing a response does not wake a thread that reads from its socket; shutting the socket down does. A connection serves
one call after another, so it is shut down only while the call that is to end reads from it, under a lock.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Interrupt:
    """The switch of one call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._tripped = threading.Event()

    @property
    def tripped(self) -> bool:
        """Whether the call is to end."""
        return self._tripped.is_set()

    def trip(self) -> None:
        """End the call, from any thread; a read under way returns at once."""
        with self._lock:
            self._tripped.set()
            if self._socket:
                _shut_down(self._socket)

    def pause(self, seconds: float) -> None:
        """Sleep, unless the call is to end."""
        self._tripped.wait(seconds)

    @contextmanager
    def reading(self, wire: socket.socket) -> Iterator[None]:
        """Let `trip` shut `wire` down while the block runs; at once, if it has been called."""
        with self._lock:
            self._socket = wire
            if self.tripped:
                _shut_down(wire)
        try:
            yield
        finally:
            with self._lock:
                self._socket = None

    @contextmanager
    def around(self) -> Iterator[None]:
        """Make this the switch of what the calling thread does in the block."""
        before, _of_thread.interrupt = current(), self
        try:
            yield
        finally:
            _of_thread.interrupt = before


class _OfThread(threading.local):
    interrupt: Interrupt | None = None


_of_thread = _OfThread()


def current() -> Interrupt | None:
    """The switch of the call that this thread makes; None outside of one."""
    return _of_thread.interrupt


def _shut_down(wire: socket.socket) -> None:
    """Shut down the connection, by a descriptor of our own: an `SSLSocket` must not be touched while it is read."""
    with suppress(OSError), socket.socket(fileno=os.dup(wire.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)


class InterruptibleBackend:
    """A network backend of httpcore's, whose streams `Interrupt` can end.

    Args:
        backend: the one that makes the connections.
    """

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, **options: Any) -> "InterruptibleStream":
        """Connect; the connect time-out bounds how long."""
        return InterruptibleStream(self._backend.connect_tcp(*args, **options))

    def connect_unix_socket(self, *args: Any, **options: Any) -> "InterruptibleStream":
        """Connect to a socket of this machine."""
        return InterruptibleStream(self._backend.connect_unix_socket(*args, **options))

    def sleep(self, seconds: float) -> None:
        """Wait before another try to connect."""
        self._backend.sleep(seconds)


class InterruptibleStream:
    """One connection."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; a call that is ended meanwhile finds the connection closed."""
        interrupt = current()
        if interrupt is None:
            return bytes(self._stream.read(max_bytes, timeout))
        with interrupt.reading(self._stream.get_extra_info("socket")):
            return bytes(self._stream.read(max_bytes, timeout))

    def start_tls(self, *args: Any, **options: Any) -> "InterruptibleStream":
        """Go on encrypted."""
        return InterruptibleStream(self._stream.start_tls(*args, **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
