"""Redis stopped, frozen and emptied: only speed is lost."""

import statistics
import time
from collections.abc import Callable

import pytest

from tests.stack import Person, Stack, assert_one_of_three_takes_at_most, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    from tests.conftest import _stack

    with _stack(tmp_path_factory, {}) as stack:
        yield stack  # type: ignore[misc]


def timed(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def uses_everything(stack: Stack, person: Person, room: int) -> list[int]:
    """Sign up, list and send while Redis is away; the messages that were accepted."""
    assert {each["id"] for each in person.call("GET", "/chatroom").json()} == {room}
    messages: list[int] = []

    def send_some() -> float:
        times = [timed(lambda: messages.append(person.send(room, "while Redis is away")["id"])) for _ in range(15)]
        for _ in range(2):  # the breaker's pause is over: now publishing the task finds out that Redis is still away
            time.sleep(2.1)
            times.append(timed(lambda: messages.append(person.send(room, "one more")["id"])))
        return max(*times, 4 * statistics.median(times))

    assert_one_of_three_takes_at_most(2, send_some, "the slowest of 17 sends, and four times their median")
    assert person.call("PATCH", f"/chatroom/{room}", json={"name": "renamed"}).status_code == 200
    assert person.call("GET", "/chatroom").json()[0]["name"] == "renamed"
    assert stack.sign_up().call("GET", "/user/me").status_code == 200
    ready = stack_ready(stack)
    assert (ready["status"], ready["redis"]) == ("degraded", "unavailable")
    return messages


def stack_ready(stack: Stack) -> dict[str, str]:
    import requests

    answer = requests.get(stack.url + "/readyz", timeout=5)
    assert answer.status_code == 200
    return dict(answer.json())


def test_stopped_redis_costs_only_time(broken: Stack) -> None:
    person = broken.sign_up()
    room = person.room()
    broken.stop_redis()
    messages = uses_everything(broken, person, room)
    broken.start_redis()
    wait_until(lambda: broken.unfinished() == 0, 45, "answered when Redis is back")
    assert all(person.message(each)["reply"]["status"] == "done" for each in messages)


def test_frozen_redis_costs_only_time(broken: Stack) -> None:
    person = broken.sign_up()
    room = person.room()
    broken.freeze_redis()
    try:
        messages = uses_everything(broken, person, room)
    finally:
        broken.thaw_redis()
    wait_until(lambda: broken.unfinished() == 0, 45, "answered when Redis is back")
    assert all(person.message(each)["reply"]["status"] == "done" for each in messages)


def test_workers_consume_again_after_each_restart_of_redis(broken: Stack) -> None:
    person = broken.sign_up()
    room = person.room()
    for _ in range(3):
        broken.stop_redis()
        time.sleep(1)
        broken.start_redis()
        message = person.send(room, "still there?")
        assert person.answered(message["id"], 30)["reply"]["status"] == "done"


def test_emptied_redis_loses_no_message(broken: Stack) -> None:
    person = broken.sign_up()
    rooms = [person.room() for _ in range(5)]
    broken.double.default(ttft=0.5)
    messages = [person.send(room, "hello")["id"] for room in rooms for _ in range(2)]
    broken.stop_redis()
    broken.start_redis()
    wait_until(lambda: broken.unfinished() == 0, 45, "all answered")
    assert all(person.message(each)["reply"]["status"] == "done" for each in messages)
    assert {each["id"] for each in person.call("GET", "/chatroom").json()} == set(rooms)
