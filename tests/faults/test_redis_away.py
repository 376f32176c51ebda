"""Redis stopped, frozen and emptied: only speed is lost."""

import time

import pytest
import requests

from tests.stack import PATIENCE, Person, Stack, wait_until

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
