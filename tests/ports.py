"""Ports for servers that a test starts, where no connection can take them in the meantime."""

import itertools
import os
import random
import re
import socket

# Linux gives the local end of a connection a port from 32768 on (ip_local_port_range, ip(7)); one that a probe found
# free there can be gone before the server binds it.
FIRST, LAST = 10_000, 30_000
ROWS = range(LAST, 32_000)
# Each of pytest-xdist's workers has its own share, and each run on a machine begins at another port of it.
_WORKERS = 8
_WORKER = int((re.search(r"\d+$", os.environ.get("PYTEST_XDIST_WORKER", "")) or ["0"])[0]) % _WORKERS
_SHARE = range(FIRST + _WORKER, LAST, _WORKERS)
_next = itertools.islice(itertools.cycle(_SHARE), random.randrange(len(_SHARE)), None)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 on which nothing listens, and which this process has not given before.

    Raises:
        AssertionError: if there is none.
    """
    for port in itertools.islice(_next, len(_SHARE)):
        if _is_free(port):
            return port
    raise AssertionError("no port is free")


def free_ports_in_a_row(count: int) -> int:
    """Return the first of `count` ports that follow each other and are free; none of them is one of `free_port`."""
    for first in random.sample(ROWS[:-count], 1000):
        if all(_is_free(first + number) for number in range(count)):
            return first
    raise AssertionError(f"no {count} ports in a row are free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
