"""Redis stopped, frozen and emptied: only speed is lost."""

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.books import books
from tests.stack import PATIENCE, Person, Stack, in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]

HANGS = 25.0
"""Seconds for all of what is sent while Redis is away: waiting for Redis each time would take minutes."""


@pytest.fixture
def broken(breakable: Stack) -> Stack:
    return breakable


def uses_everything(stack: Stack, person: Person, room: int) -> list[int]:
    """Sign up, list and send while Redis is away; the messages that were accepted."""
    assert {each["id"] for each in person.call("GET", "/chatroom").json()} == {room}
    begun = time.monotonic()
    messages = [person.send(room, "while Redis is away")["id"] for _ in range(15)]
    time.sleep(2.1)  # the breaker's pause is over: now publishing the task finds out that Redis is still away
    messages.append(person.send(room, "one more")["id"])
    assert time.monotonic() - begun < HANGS, "sends wait for Redis"
    assert person.call("PATCH", f"/chatroom/{room}", json={"name": "renamed"}).status_code == 200
    assert person.call("GET", "/chatroom").json()[0]["name"] == "renamed"
    assert stack.sign_up().call("GET", "/user/me").status_code == 200
    ready = stack_ready(stack)
    assert (ready["status"], ready["redis"]) == ("degraded", "unavailable")
    return messages


def stack_ready(stack: Stack) -> dict[str, str]:
    answer = requests.get(stack.url + "/readyz", timeout=PATIENCE)
    assert answer.status_code == 200
    return dict(answer.json())


def test_stopped_redis_costs_only_time(broken: Stack) -> None:
    person = broken.sign_up()
    room = person.room()
    broken.stop_redis()
    messages = uses_everything(broken, person, room)
    broken.start_redis()
    wait_until(lambda: broken.unfinished() == 0, "answered when Redis is back", 120)
    assert all(person.message(each)["reply"]["status"] == "done" for each in messages)


def test_frozen_redis_costs_only_time(broken: Stack) -> None:
    person = broken.sign_up()
    room = person.room()
    broken.freeze_redis()
    try:
        messages = uses_everything(broken, person, room)
    finally:
        broken.thaw_redis()
    wait_until(lambda: broken.unfinished() == 0, "answered when Redis is back", 120)
    assert all(person.message(each)["reply"]["status"] == "done" for each in messages)


def test_workers_consume_again_after_each_restart_of_redis(broken: Stack) -> None:
    person = broken.sign_up()
    room = person.room()
    for _ in range(5):
        broken.stop_redis()
        time.sleep(1)  # long enough to be noticed
        broken.start_redis()
        message = person.send(room, "still there?")
        assert person.answered(message["id"])["reply"]["status"] == "done"


def test_emptied_redis_loses_no_message(broken: Stack) -> None:
    person = broken.sign_up()
    rooms = [person.room() for _ in range(5)]
    broken.double.default(ttft=0.5)
    messages = [person.send(room, "hello")["id"] for room in rooms for _ in range(2)]
    broken.stop_redis()
    broken.start_redis()
    wait_until(lambda: broken.unfinished() == 0, "all answered", 120)
    assert all(person.message(each)["reply"]["status"] == "done" for each in messages)
    assert {each["id"] for each in person.call("GET", "/chatroom").json()} == set(rooms)


@contextmanager
def redis_away(stack: Stack, how: str) -> Iterator[None]:
    """Without Redis for the block."""
    stack.stop_redis() if how == "stopped" else stack.freeze_redis()
    try:
        yield
    finally:
        stack.start_redis() if how == "stopped" else stack.thaw_redis()


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_the_allowance_stays_exact_without_redis(broken: Stack, how: str) -> None:
    broken.set_tier("basic", daily_messages=5)
    person = broken.sign_up()
    room = person.room()
    with redis_away(broken, how):
        answers = in_parallel([lambda: person.send_surely(room) for _ in range(100)])
        assert Counter(answer.status_code for answer in answers) == {202: 5, 429: 95}
        assert {answer.json()["code"] for answer in answers if answer.status_code == 429} == {"quota_exceeded"}
        assert books(person) == (5, 5, 5)
    wait_until(lambda: broken.unfinished() == 0, "answered when Redis is back", 120)
    assert books(person) == (5, 5, 5)


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_people_sign_in_and_codes_are_counted_without_redis(broken: Stack, how: str) -> None:
    password = f"a password of {secrets.token_hex(8)}"
    person = broken.sign_up()
    change = {"new_password": password}
    assert person.call("POST", "/auth/change-password", json=change).status_code == 200
    with redis_away(broken, how):
        by_password = {"mobile_number": person.number, "password": password}
        tokens = broken.post("/auth/login", by_password).json()
        for _ in range(3):
            tokens = broken.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert requests.get(f"{broken.url}/user/me", headers=bearer, timeout=PATIENCE).status_code == 200
        assert broken.try_post("/auth/login", by_password | {"password": "not this one"}).status_code == 401

        number = f"+9197{secrets.randbelow(10**8):08}"
        otp = broken.post("/auth/send-otp", {"mobile_number": number}).json()["otp"]
        wrong = {"mobile_number": number, "otp": f"{(int(otp) + 1) % 10**6:06}"}
        guesses = in_parallel([lambda: broken.try_post("/auth/verify-otp", wrong) for _ in range(30)])
        assert {answer.status_code for answer in guesses} <= {400, 429, 503}
        evaluated = broken.sql("SELECT guesses FROM accounts_onetimecode WHERE number = %s", number)
        assert evaluated == [(5,)]
        assert broken.try_post("/auth/verify-otp", {"mobile_number": number, "otp": otp}).status_code in (400, 429)
