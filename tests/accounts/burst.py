"""Many requests at the same moment, from two processes with a thread for each request."""

import multiprocessing
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

PROCESSES = 2
MAX_WAIT = 120.0


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


class Burst:
    """Fires bursts at one server."""

    def __init__(self, url: str, pool: ProcessPoolExecutor) -> None:
        self._url = url
        self._pool = pool

    def post(self, path: str, bodies: list[dict[str, Any]]) -> list[Answer]:
        """Post all bodies at once, and return the responses in the same order."""
        start = time.time() + 0.3
        shares = [bodies[index::PROCESSES] for index in range(PROCESSES)]
        running = [self._pool.submit(_fire, self._url + path, share, start) for share in shares]
        responses: list[Any] = [None] * len(bodies)
        for index, share in enumerate(running):
            responses[index::PROCESSES] = share.result()
        return responses


@contextmanager
def bursts(url: str) -> Iterator[Burst]:
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield Burst(url, pool)


def _fire(url: str, bodies: list[dict[str, Any]], start: float) -> list[Answer]:
    ready = threading.Barrier(len(bodies))

    def one(body: dict[str, Any]) -> Answer:
        with requests.Session() as session:
            session.trust_env = False
            ready.wait(MAX_WAIT)
            time.sleep(max(0, start - time.time()))
            response = session.post(url, json=body, timeout=MAX_WAIT)
            return Answer(response.status_code, response.json())

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(one, bodies))
