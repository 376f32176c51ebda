"""A hash takes 100 MB, so only a few are computed at once, and a request that finds no slot gets a 503."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth.hashers import check_password, make_password

from accounts import hashing
from accounts.models import FailedAttempts, OneTimeCode, Session, User
from config.http.problems import ServiceUnavailable
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, problem
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel


@pytest.fixture
def slots(monkeypatch: pytest.MonkeyPatch) -> hashing.HashingSlots:
    """One hash at a time, and no thread may wait."""
    made = hashing.HashingSlots(at_once=1, waiting=0, max_wait=TIMEOUT)
    monkeypatch.setattr(hashing, "slots", made)
    return made


@contextmanager
def taken(slots: hashing.HashingSlots) -> Iterator[None]:
    """Another thread holds a slot."""
    has, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with slots.acquire():
            has.set()
            may_end.wait(TIMEOUT)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(hold)
        assert has.wait(TIMEOUT)
        try:
            yield
        finally:
            may_end.set()


def test_threads_hash_and_wait_up_to_the_limits() -> None:
    slots = hashing.HashingSlots(at_once=2, waiting=1, max_wait=TIMEOUT)
    done = threading.Event()

    def wait_for_a_slot() -> None:
        with slots.acquire():
            done.set()

    with taken(slots), ThreadPoolExecutor(1) as pool:
        with taken(slots):
            waiting = pool.submit(wait_for_a_slot)
            while slots.free:
                assert not waiting.done()
            with pytest.raises(ServiceUnavailable) as refused, slots.acquire():
                pass
            assert refused.value.retry_after == 1
            assert not done.is_set()
        waiting.result(TIMEOUT)
    with slots.acquire(), slots.acquire():  # a thread that holds a slot keeps it
        pass
    assert slots.free == 3


def test_no_thread_waits_longer_than_the_limit() -> None:
    slots = hashing.HashingSlots(at_once=1, waiting=1, max_wait=0.01)
    with taken(slots), pytest.raises(ServiceUnavailable), slots.acquire():
        pass
    assert slots.free == 2


def test_every_password_hash_needs_a_slot(real_hashing: None, slots: hashing.HashingSlots) -> None:
    encoded = make_password(PASSWORD)
    assert check_password(PASSWORD, encoded)
    with taken(slots):
        for work in (lambda: make_password(PASSWORD), lambda: check_password(PASSWORD, encoded)):
            with pytest.raises(ServiceUnavailable):
                work()


def test_a_request_without_a_slot_changes_nothing(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any], code_for: Callable[..., str],
    pass_time: Callable[[float], None], slots: hashing.HashingSlots,
) -> None:  # fmt: skip
    number, newcomer = new_number(), new_number()
    token = sign_in(number, password=PASSWORD)["access_token"]
    pass_time(61)
    reset, first = code_for(number, "/auth/forgot-password"), code_for(newcomer)
    asked: dict[str, dict[str, str]] = {
        "/auth/login": {"mobile_number": number, "password": PASSWORD},
        "/auth/verify-otp": {"mobile_number": newcomer, "otp": first, "password": PASSWORD},
        "/auth/change-password": {"old_password": PASSWORD, "new_password": OTHER_PASSWORD},
        "/auth/reset-password": {"mobile_number": number, "otp": reset, "new_password": PASSWORD},
    }
    before = (list(FailedAttempts.objects.values()), list(OneTimeCode.objects.values()), list(User.objects.values()))
    with taken(slots):
        for path, body in asked.items():
            refused = client.send(path, token if "change" in path else None, **body)
            assert problem(refused) == (503, "service_unavailable")
            assert refused["Retry-After"] == "1"
        unknown = client.send("/auth/login", mobile_number=new_number(), password=PASSWORD)
        assert problem(unknown) == (503, "service_unavailable"), "the response is the same for an unknown number"
    assert before == (
        list(FailedAttempts.objects.values()),
        list(OneTimeCode.objects.values()),
        list(User.objects.values()),
    )
    for path, body in asked.items():
        assert client.send(path, token if "change" in path else None, **body).status_code == 200


def test_an_estimate_of_a_password_needs_a_slot(client: Any, number: str, slots: hashing.HashingSlots) -> None:
    """It takes up to 0.3 s of CPU, with the GIL held, on a route that is open to all."""
    with taken(slots):
        response = client.send("/auth/signup", mobile_number=number, password=PASSWORD)
    assert problem(response) == (503, "service_unavailable")
    assert client.send("/auth/signup", mobile_number=number, password=PASSWORD).status_code == 201


def test_signing_in_by_code_needs_no_slot(
    client: Any, number: str, sign_in: Callable[..., Any], slots: hashing.HashingSlots
) -> None:
    with taken(slots):
        sign_in(number)
    assert Session.objects.count() == 1


@pytest.mark.faults
@pytest.mark.stack
def test_sixty_sign_ins_at_once_take_the_memory_of_a_few(stack: Stack) -> None:
    """The most that each process of `web` ever held, which a pause of the machine cannot raise."""

    def most() -> dict[int, int]:
        group = stack.processes["web"].pid
        peaks = {}
        for status in Path("/proc").glob("[0-9]*/status"):
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if "VmHWM" in lines and int(lines["NSpgid"].split()[0]) == group:
                peaks[int(lines["Pid"])] = int(lines["VmHWM"].split()[0]) // 1024
        return peaks

    def sign_in(index: int) -> str:
        body = {"mobile_number": f"+9198765{index:05}", "password": PASSWORD}
        response = requests.post(f"{stack.url}/auth/login", json=body, timeout=TIMEOUT)
        return str(response.json()["code"])

    in_parallel([lambda: sign_in(99)])
    before = most()
    codes = in_parallel([lambda index=index: sign_in(index) for index in range(60)])
    assert set(codes) <= {"invalid_credentials", "service_unavailable"}
    assert "invalid_credentials" in codes
    grown = {pid: megabytes - before[pid] for pid, megabytes in most().items() if pid in before}
    assert len(grown) >= 2
    assert max(grown.values()) < 400, grown
