"""`/livez` and `/readyz`."""

import asyncio
import concurrent.futures
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from config import asgi
from config.http import health

HOST = {"HTTP_HOST": "10.1.2.3"}
"""A platform's probe sends the container's address, which is not an allowed host."""


def test_livez_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was asked")

    monkeypatch.setattr("config.http.health._check_database", refuse)
    monkeypatch.setattr("config.http.health._check_redis", refuse)
    response = Client().get("/livez", **HOST)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_readyz_is_ok_when_both_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TIMEOUT", 60)  # the first connection on a busy machine takes what it takes
    response = Client().get("/readyz", **HOST)
    assert (response.status_code, response.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


class Fault:
    """A check that fails. The timeout is recorded, not measured, because a busy machine distorts times."""

    def __init__(self, *, hangs: bool) -> None:
        self.hangs, self.ended = hangs, False
        self.over = threading.Event()
        self.timeouts: list[float | None] = []

    def __call__(self) -> None:
        if not self.hangs:
            raise ConnectionError("secret.internal.host:5432")
        self.over.wait(120)
        self.ended = True

    def wait(
        self, checks: Iterable[Future[None]], timeout: float | None = None
    ) -> tuple[set[Future[None]], set[Future[None]]]:
        """Record the timeout, and wait until all checks that can end have ended."""
        self.timeouts.append(timeout)
        until = concurrent.futures.FIRST_COMPLETED if self.hangs else concurrent.futures.ALL_COMPLETED
        return concurrent.futures.wait(checks, timeout=60, return_when=until)

    def assert_waited_for_less_than_a_second(self) -> None:
        assert self.timeouts == [health.TIMEOUT]
        assert health.TIMEOUT < 1
        assert not self.ended, "it responded while the check still hung"


@pytest.fixture(params=[False, True], ids=["failing", "hanging"])
def fault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fault]:
    fault = Fault(hangs=request.param)
    monkeypatch.setattr(health, "concurrent", SimpleNamespace(futures=SimpleNamespace(wait=fault.wait)))
    yield fault
    fault.over.set()


def test_readyz_stays_ready_without_redis(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    monkeypatch.setattr("config.http.health._check_database", lambda: None)
    monkeypatch.setattr("config.http.health._check_redis", fault)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (
        200,
        {"status": "degraded", "database": "ok", "redis": "unavailable"},
    )
    fault.assert_waited_for_less_than_a_second()


def test_readyz_is_a_quick_503_without_the_database(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    monkeypatch.setattr("config.http.health._check_database", fault)
    monkeypatch.setattr("config.http.health._check_redis", lambda: None)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "database": "unavailable", "redis": "ok"}
    fault.assert_waited_for_less_than_a_second()


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_stream_also_sets_strict_transport_security(settings: Any, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    settings.SECURE_HSTS_SECONDS = 1_000
    monkeypatch.setattr(asgi, "readiness", lambda: (200, {"status": "ok"}))
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(asgi.application({"type": "http", "path": path}, send, send))  # type: ignore[arg-type]
    assert (b"strict-transport-security", b"max-age=1000; includeSubDomains; preload") in sent[0]["headers"]
