"""One POST to one address: no redirects, no proxies, no body read, and one deadline for all of it.

`requests` is not used: it looks the name up itself, takes proxies from the environment, and its timeout is per read, so
that a server which sends a byte every few seconds keeps a sender for hours.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Final

from accounts.webhooks import targets
from accounts.webhooks.targets import Address, Target

DEADLINE: Final = 15.0
"""Seconds for the whole request: the look-up, the connection, TLS, and the head of the response."""

MOST_ADDRESSES: Final = 2
"""So many of a name's addresses are tried, each with its share of the time."""

MOST_BYTES: Final = 32 * 1024
"""Of a response. Only its status and its headers are read; its body is not, however long it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended: with a status code, or else with the word for what went wrong."""

    status_code: int | None = None
    error: str = ""
    retry_after: timedelta | None = None
    seconds: float = field(default=0.0, compare=False)
    """That it took."""

    @property
    def is_delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


class _TooLate(TimeoutError):
    pass


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            _TooLate: none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise _TooLate
        return left


class _Bytes(io.RawIOBase):
    """Reads from a socket until the deadline, and hardly more than `MOST_BYTES`."""

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        super().__init__()
        self._socket, self._deadline, self._left = connected, deadline, MOST_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._left <= 0:
            raise http.client.HTTPException("too long")
        self._socket.settimeout(self._deadline.left())
        count = self._socket.recv_into(buffer)
        self._left -= count
        return count


class _Timed:
    """What `http.client` uses of a socket, with the deadline."""

    def __init__(self, connected: socket.socket, deadline: _Deadline) -> None:
        self._socket, self._deadline = connected, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self._socket, self._deadline), 4096)

    def sendall(self, data: bytes) -> None:
        self._socket.settimeout(self._deadline.left())
        self._socket.sendall(data)  # its timeout is for all of it

    def close(self) -> None:
        self._socket.close()


ERRORS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (targets.Refused, "address_refused"),
    (targets.NotFound, "name_not_found"),
    (TimeoutError, "timeout"),
    (ssl.SSLError, "tls_failed"),
    (http.client.HTTPException, "bad_response"),
    (ValueError, "bad_response"),
    (OSError, "connection_failed"),
)
"""The word for what went wrong; the first that fits counts."""


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """Send `body` to a URL. It raises nothing that the receiver or the network can cause."""
    try:
        return _post(url, body, headers, _Deadline(DEADLINE))
    except tuple(kind for kind, _ in ERRORS) as error:
        return Outcome(error=next(word for kind, word in ERRORS if isinstance(error, kind)))


def _post(url: str, body: bytes, headers: Mapping[str, str], deadline: _Deadline) -> Outcome:
    target = targets.read(url)
    addresses = targets.addresses_of(target, timeout=deadline.left())
    with _connect(target, addresses[:MOST_ADDRESSES], deadline) as connected:
        return _exchange(target, connected, deadline, body, headers)


def _connect(target: Target, addresses: list[Address], deadline: _Deadline) -> socket.socket:
    """Connect to one of the addresses, with TLS if the URL says so; the certificate has to be the name's."""
    connected = _open(target, addresses, deadline)
    if not target.is_secure:
        return connected
    try:
        connected.settimeout(deadline.left())
        return _tls().wrap_socket(connected, server_hostname=target.host.rstrip("."))
    except BaseException:
        connected.close()
        raise


def _open(target: Target, addresses: list[Address], deadline: _Deadline) -> socket.socket:
    for address in addresses[:-1]:
        try:
            return connect(address, target.port, deadline.left() / len(addresses))
        except OSError:
            continue
    return connect(addresses[-1], target.port, deadline.left())


def connect(address: Address, port: int, timeout: float) -> socket.socket:
    """Open a connection to an address that was checked."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.settimeout(timeout)
        connecting.connect((str(address), port))
    except BaseException:
        connecting.close()
        raise
    return connecting


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Reading the authorities takes longer than a delivery, so it is done once."""
    return ssl.create_default_context()


def _exchange(
    target: Target, connected: socket.socket, deadline: _Deadline, body: bytes, headers: Mapping[str, str]
) -> Outcome:
    exchange = http.client.HTTPConnection(target.host, target.port)
    exchange.sock = _Timed(connected, deadline)
    exchange.request("POST", target.path, body=body, headers={"Host": target.host_header, **headers})
    response = exchange.getresponse()
    return Outcome(status_code=response.status, retry_after=_retry_after(response.getheader("Retry-After")))


def _retry_after(text: str | None) -> timedelta | None:
    """Read `Retry-After`, in seconds or as a date; None for anything else."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))  # of more digits, still years
    try:
        return timedelta(seconds=max(0.0, parsedate_to_datetime(text).timestamp() - time.time()))
    except (ValueError, TypeError, OverflowError):
        return None
