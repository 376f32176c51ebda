"""Redis stopped, frozen and emptied: only speed is lost."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.api_user import ApiUser
from tests.books import books
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

MAX_SECONDS = 25.0
"""For all sends without Redis: waiting for a timeout each time would take minutes."""


@pytest.fixture
def broken(breakable: Stack) -> Stack:
    return breakable


def use_everything(stack: Stack, alice: ApiUser, room: int) -> list[int]:
    """List, send and sign up without Redis; return the ids of the accepted messages."""
    assert {each["id"] for each in alice.call("GET", "/chatroom").json()} == {room}
    begun = time.monotonic()
    messages = [alice.send(room, "while Redis is down")["id"] for _ in range(15)]
    time.sleep(2.1)  # the breaker's pause is over: the next task finds out that Redis is still down
    messages.append(alice.send(room, "one more")["id"])
    assert time.monotonic() - begun < MAX_SECONDS, "sends wait for Redis"
    assert alice.call("PATCH", f"/chatroom/{room}", json={"name": "renamed"}).status_code == 200
    assert alice.call("GET", "/chatroom").json()[0]["name"] == "renamed"
    assert stack.sign_up().call("GET", "/user/me").status_code == 200
    ready = readiness(stack)
    assert (ready["status"], ready["redis"]) == ("degraded", "unavailable")
    return messages


def readiness(stack: Stack) -> dict[str, str]:
    response = requests.get(stack.url + "/readyz", timeout=TIMEOUT)
    assert response.status_code == 200
    return dict(response.json())


def test_a_stopped_redis_costs_only_time(broken: Stack) -> None:
    alice = broken.sign_up()
    room = alice.room()
    broken.redis.stop()
    messages = use_everything(broken, alice, room)
    broken.redis.start()
    wait_until(lambda: broken.unfinished() == 0, "all replies finished", 120)
    assert all(alice.message(each)["reply"]["status"] == "done" for each in messages)


def test_a_frozen_redis_costs_only_time(broken: Stack) -> None:
    alice = broken.sign_up()
    room = alice.room()
    broken.redis.freeze()
    try:
        messages = use_everything(broken, alice, room)
    finally:
        broken.redis.thaw()
    wait_until(lambda: broken.unfinished() == 0, "all replies finished", 120)
    assert all(alice.message(each)["reply"]["status"] == "done" for each in messages)


def test_workers_resume_after_each_restart_of_redis(broken: Stack) -> None:
    alice = broken.sign_up()
    room = alice.room()
    for _ in range(5):
        broken.redis.stop()
        time.sleep(1)  # long enough to be noticed
        broken.redis.start()
        message = alice.send(room, "still there?")
        assert alice.wait_for_reply(message["id"])["reply"]["status"] == "done"


def test_an_emptied_redis_loses_no_message(broken: Stack) -> None:
    alice = broken.sign_up()
    rooms = [alice.room() for _ in range(5)]
    broken.double.default(ttft=0.5)
    messages = [alice.send(room, "hello")["id"] for room in rooms for _ in range(2)]
    broken.redis.stop()
    broken.redis.start()
    wait_until(lambda: broken.unfinished() == 0, "all replies finished", 120)
    assert all(alice.message(each)["reply"]["status"] == "done" for each in messages)
    assert {each["id"] for each in alice.call("GET", "/chatroom").json()} == set(rooms)


@contextmanager
def without_redis(stack: Stack, how: str) -> Iterator[None]:
    """Stop or freeze Redis for the block."""
    stack.redis.stop() if how == "stopped" else stack.redis.freeze()
    try:
        yield
    finally:
        stack.redis.start() if how == "stopped" else stack.redis.thaw()


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_the_quota_is_exact_without_redis(broken: Stack, how: str) -> None:
    broken.set_tier("basic", daily_messages=5)
    alice = broken.sign_up()
    room = alice.room()
    with without_redis(broken, how):
        responses = in_parallel([lambda: alice.send_with_retries(room) for _ in range(100)])
        assert Counter(response.status_code for response in responses) == {202: 5, 429: 95}
        assert {response.json()["code"] for response in responses if response.status_code == 429} == {"quota_exceeded"}
        assert books(alice) == (5, 5, 5)
    wait_until(lambda: broken.unfinished() == 0, "all replies finished", 120)
    assert books(alice) == (5, 5, 5)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_sign_in_and_code_limits_work_without_redis(broken: Stack, how: str) -> None:
    password = f"a password of {secrets.token_hex(8)}"
    alice = broken.sign_up()
    change = {"new_password": password}
    assert alice.call("POST", "/auth/change-password", json=change).status_code == 200
    with without_redis(broken, how):
        by_password = {"mobile_number": alice.number, "password": password}
        tokens = broken.post("/auth/login", by_password).json()
        for _ in range(3):
            tokens = broken.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert requests.get(f"{broken.url}/user/me", headers=bearer, timeout=TIMEOUT).status_code == 200
        assert broken.try_post("/auth/login", by_password | {"password": "not this one"}).status_code == 401

        number = f"+9197{secrets.randbelow(10**8):08}"
        otp = broken.post("/auth/send-otp", {"mobile_number": number}).json()["otp"]
        wrong = {"mobile_number": number, "otp": f"{(int(otp) + 1) % 10**6:06}"}
        guesses = in_parallel([lambda: broken.try_post("/auth/verify-otp", wrong) for _ in range(30)])
        assert {response.status_code for response in guesses} <= {400, 429, 503}
        evaluated = broken.sql("SELECT guesses FROM accounts_onetimecode WHERE number = %s", number)
        assert evaluated == [(5,)]
        assert broken.try_post("/auth/verify-otp", {"mobile_number": number, "otp": otp}).status_code in (400, 429)
