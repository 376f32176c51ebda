"""Calls that another thread can end, also while they wait for the vendor.

Closing a response does not wake a thread that reads from its socket; shutting the socket down does. A connection serves
one call after another, so it is shut down only while the call to be ended reads from it, under a lock.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Interrupt:
    """Ends one call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._tripped = threading.Event()

    @property
    def is_tripped(self) -> bool:
        """Whether the call has to end."""
        return self._tripped.is_set()

    def trip(self) -> None:
        """End the call, from any thread; a read in progress returns at once."""
        with self._lock:
            self._tripped.set()
            if self._socket:
                _shut_down(self._socket)

    def pause(self, seconds: float) -> None:
        """Sleep; return early when the call is ended."""
        self._tripped.wait(seconds)

    @contextmanager
    def reading(self, connection: socket.socket) -> Iterator[None]:
        """Let `trip` shut `connection` down while the block runs, or at once if it was called before."""
        with self._lock:
            self._socket = connection
            if self.is_tripped:
                _shut_down(connection)
        try:
            yield
        finally:
            with self._lock:
                self._socket = None

    @contextmanager
    def active_in_thread(self) -> Iterator[None]:
        """Make this the current interrupt of the calling thread for the block."""
        before, _thread_local.interrupt = current(), self
        try:
            yield
        finally:
            _thread_local.interrupt = before


class _ThreadLocal(threading.local):
    interrupt: Interrupt | None = None


_thread_local = _ThreadLocal()


def current() -> Interrupt | None:
    """The interrupt of the call that this thread makes; None outside of a call."""
    return _thread_local.interrupt


def _shut_down(connection: socket.socket) -> None:
    """Shut down the connection through a duplicate descriptor: an `SSLSocket` must not be touched while it is read."""
    with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)


class InterruptibleBackend:
    """A network backend for httpcore whose streams an `Interrupt` can end; `backend` opens the connections."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, **options: Any) -> "InterruptibleStream":
        return InterruptibleStream(self._backend.connect_tcp(*args, **options))

    def connect_unix_socket(self, *args: Any, **options: Any) -> "InterruptibleStream":
        return InterruptibleStream(self._backend.connect_unix_socket(*args, **options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class InterruptibleStream:
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what there is; if the call is ended meanwhile, the connection reads as closed."""
        interrupt = current()
        if interrupt is None:
            return bytes(self._stream.read(max_bytes, timeout))
        with interrupt.reading(self._stream.get_extra_info("socket")):
            return bytes(self._stream.read(max_bytes, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send; nothing more once the call is ended, for the SDK may try to go on with it."""
        interrupt = current()
        if interrupt and interrupt.is_tripped:
            raise ConnectionAbortedError
        self._stream.write(buffer, timeout)

    def start_tls(self, *args: Any, **options: Any) -> "InterruptibleStream":
        return InterruptibleStream(self._stream.start_tls(*args, **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
