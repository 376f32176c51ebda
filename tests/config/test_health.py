"""Health says what it means."""

import time
from typing import Any

import pytest
from django.test import Client

HOST = {"HTTP_HOST": "10.1.2.3"}
"""A platform's probe names the container's address, which is no allowed host."""


def test_livez_touches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was asked")

    monkeypatch.setattr("config.health._ask_database", refuse)
    monkeypatch.setattr("config.health._ask_redis", refuse)
    answer = Client().get("/livez", **HOST)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_readyz_is_ok_when_both_answer() -> None:
    answer = Client().get("/readyz", **HOST)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "redis": "ok"})


def failing() -> None:
    raise ConnectionError("secret.internal.host:5432")


def hanging() -> None:
    time.sleep(3)


@pytest.mark.parametrize("fault", [failing, hanging])
def test_readyz_stays_ready_without_redis(monkeypatch: pytest.MonkeyPatch, fault: Any) -> None:
    monkeypatch.setattr("config.health._ask_database", lambda: None)
    monkeypatch.setattr("config.health._ask_redis", fault)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "degraded", "database": "ok", "redis": "unavailable"},
    )


@pytest.mark.parametrize("fault", [failing, hanging])
def test_readyz_is_503_without_the_database_within_a_second_and_tells_no_detail(
    monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    monkeypatch.setattr("config.health._ask_database", fault)
    monkeypatch.setattr("config.health._ask_redis", lambda: None)
    started = time.monotonic()
    answer = Client().get("/readyz")
    assert time.monotonic() - started < 1
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "unavailable", "redis": "ok"}
