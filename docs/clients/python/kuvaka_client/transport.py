"""Requests that sign in, are repeated where that is safe, and raise an exception where they are refused."""

import re
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Final
from uuid import uuid4

import httpx

from kuvaka_client.problems import problem_in, refused_by, retry_after_of

SAFE: Final = {"GET", "HEAD", "OPTIONS"}
SENDS_A_MESSAGE: Final = re.compile(r"/chatroom/\d+/message$")
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
"""Seconds between repeats where the server does not say how long to wait."""


class Http(httpx.Client):
    """An `httpx.Client` that raises `Refused` for a status from 400."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        response = super().send(request, **options)
        if response.is_error:
            response.read()
            response.close()
            raise refused_by(response)
        return response


class Bearer(httpx.Auth):
    """Sends an API key or access token; with `refresh`, gets another token when that one has expired."""

    def __init__(self, credential: str, refresh: Callable[[], str] | None) -> None:
        self._credential, self._refresh, self._lock = credential, refresh, threading.Lock()

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        used = self._credential
        request.headers["Authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code != httpx.codes.UNAUTHORIZED or self._refresh is None:
            return
        response.read()
        if problem_in(response).get("code") != "token_expired":
            return
        with self._lock:
            if self._credential == used:  # no other thread was faster
                self._credential = self._refresh()
        request.headers["Authorization"] = f"Bearer {self._credential}"
        yield request


class Repeating(httpx.BaseTransport):
    """Repeats a request after a lost connection, 429 or 503, as long as that is safe and worth the wait.

    Safe are requests that change nothing, and those with an `Idempotency-Key`, which sending a message always gets.
    What would take longer than `patience` seconds in total is not waited for: the last outcome is that of all.
    A request's extension `patience` overrides that of all.
    """

    def __init__(self, inner: httpx.BaseTransport, *, patience: float) -> None:
        self._inner, self._patience = inner, patience

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and SENDS_A_MESSAGE.search(request.url.path):
            request.headers.setdefault("Idempotency-Key", str(uuid4()))
        is_safe = request.method in SAFE or "Idempotency-Key" in request.headers
        gives_up_at = time.monotonic() + float(request.extensions.get("patience", self._patience)) if is_safe else 0.0
        pause = FIRST_PAUSE
        while True:
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                if time.monotonic() + pause > gives_up_at:
                    raise
                time.sleep(pause)
            else:
                asked = _pause_before_repeat(response, pause) if is_safe else None
                if asked is None or time.monotonic() + asked > gives_up_at:
                    return response
                response.close()
                time.sleep(asked)
            pause = min(2 * pause, LONGEST_PAUSE)

    def close(self) -> None:
        self._inner.close()


def _pause_before_repeat(response: httpx.Response, usual: float) -> float | None:
    """Seconds until a repeat may have another outcome; None if it has not."""
    if response.status_code in (429, 503) and (asked := retry_after_of(response)) is not None:
        return asked
    if response.status_code in (502, 503, 504):  # a proxy's, unless it is JSON
        return None if "json" in response.headers.get("Content-Type", "") else usual
    if response.status_code == httpx.codes.CONFLICT:
        response.read()
        return usual if problem_in(response).get("code") == "idempotency_in_flight" else None
    return None
