"""A few requests run at a time, and none waits long for its turn."""

import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from config import wsgi
from config.infrastructure import turns
from tests.waiting import wait_until


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """All turns are held by other threads until the event is set."""
    monkeypatch.setattr(turns, "_turns", turns.Turns(turns.TURNS))
    let_go, holding = threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        with turns.turn():
            holding.release()
            let_go.wait(60)

    threads = [threading.Thread(target=hold) for _ in range(turns.TURNS)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert holding.acquire(timeout=60)
    yield let_go
    let_go.set()
    for thread in threads:
        thread.join(60)
    assert turns._turns.free == turns.TURNS, "every turn was given back, and once"


def test_a_request_waits_for_its_turn(held: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_WAIT", 60)
    begun = threading.Event()

    def run() -> None:
        with turns.turn():
            begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert not begun.wait(0.2)
    held.set()
    assert begun.wait(60)
    thread.join(60)


def test_it_runs_without_one_if_all_are_held_for_long(held: threading.Event) -> None:
    started = time.monotonic()
    with turns.turn():
        assert time.monotonic() - started >= turns.LONGEST_WAIT
        with turns.let_others_run():
            assert turns._turns.free == 0, "a request without a turn gives none away"


def test_a_turn_is_given_away_while_its_request_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_turns", turns.Turns(1))
    order: list[str] = []

    def run() -> None:
        with turns.turn():
            order.append("other")

    with turns.turn():
        with turns.let_others_run():
            thread = threading.Thread(target=run)
            thread.start()
            wait_until(lambda: order == ["other"], "the other request")
            thread.join(60)
        order.append("this")
        assert turns._turns.free == 0, "it has its turn again"
    assert order == ["other", "this"]
    assert turns._turns.free == 1


def test_a_failed_request_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_turns", turns.Turns(1))
    with pytest.raises(ZeroDivisionError), turns.turn(), turns.let_others_run():
        raise ZeroDivisionError
    assert turns._turns.free == 1


def test_outside_of_requests_there_are_no_turns() -> None:
    before = turns._turns.free
    with turns.let_others_run():
        assert turns._turns.free == before


def test_a_body_is_read_before_the_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that sends it slowly holds up nobody."""
    free: list[tuple[str, int]] = []

    class Body(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            free.append(("body", turns._turns.free))
            return super().read(size)

    def serve(environ: dict[str, Any], _: Any) -> list[bytes]:
        free.append(("request", turns._turns.free))
        return [environ["wsgi.input"].read()]

    monkeypatch.setattr(wsgi, "_django", serve)
    for length in ({}, {"CONTENT_LENGTH": "5"}):
        assert wsgi.application({"REQUEST_METHOD": "POST", "wsgi.input": Body(b"hello"), **length}, None) == [b"hello"]
    assert free == 2 * [("body", turns.TURNS), ("request", turns.TURNS - 1)]
