"""Waiting for conditions instead of fixed times, and running jobs at the same moment."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

TIMEOUT = 60.0
"""Seconds that anything may take on a machine that pauses; what should be quick is measured in bench/."""


def wait_until(condition: Callable[[], Any], what: str, seconds: float = TIMEOUT) -> Any:
    """Poll `condition` until it is true, and return its value.

    Of a pause of the whole machine only a second counts towards `seconds`. The longer the wait, the longer the pauses
    between polls, since a poll may cost more than what it waits for.

    Raises:
        AssertionError: after `seconds`.
    """
    waited, polled_at = 0.0, time.monotonic()
    while not (found := condition()):
        now = time.monotonic()
        waited, polled_at = waited + min(now - polled_at, 1.0), now
        assert waited < seconds, f"expected {what} within {seconds} s; last seen: {found!r}"
        time.sleep(min(max(0.05, waited / 10), 0.3))
    return found


def until_not_busy(ask: Callable[[], requests.Response], busy: set[str]) -> requests.Response:
    """The first response with none of these codes, or the last of 150."""
    for _ in range(150):
        response = ask()
        if response.status_code not in (409, 503) or response.json().get("code") not in busy:
            break
        time.sleep(0.2)
    return response


def in_parallel(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all the jobs at the same moment, a thread each; their results in the same order."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        gate.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def listens(port: int) -> bool:
    """Whether a server accepts connections at this port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
