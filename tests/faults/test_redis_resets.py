"""Workers reconnect after each reset of their connections, and are restarted after an exit while Redis is full."""

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests.doubles.proxy import Proxy
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.fixture
def proxied(breakable: Stack) -> Iterator[tuple[Stack, Proxy]]:
    """A stack whose workers reach Redis through a proxy."""
    target = urlsplit(breakable.environment["REDIS_URL"])
    assert target.hostname
    assert target.port
    with Proxy(host=target.hostname, port=target.port) as proxy:
        breakable.restart("worker", "tasks", REDIS_URL=f"redis://127.0.0.1:{proxy.port}/0")
        yield breakable, proxy
        for name in ("worker", "tasks"):
            breakable.kill(name)


def test_workers_consume_again_after_each_of_ten_resets(proxied: tuple[Stack, Proxy]) -> None:
    stack, proxy = proxied
    user = stack.sign_up()
    room = user.room()

    def reply_is_done() -> bool:
        ended = [name for name in ("worker", "tasks") if stack.processes[name].poll() is not None]
        assert not ended, "they reconnect without a restart"
        return bool(user.message(message["id"])["reply"]["status"] == "done")

    for _ in range(10):
        assert proxy.reset() >= 4, "worker and tasks are connected"
        message = user.send(room, "still there?")
        wait_until(reply_is_done, "the reply")
        wait_until(stack.is_consuming, "tasks consumes again")


def test_what_ends_while_redis_is_full_is_restarted_and_answers(breakable: Stack) -> None:
    """A supervisor restarts a process that ends, as compose.yaml's `restart: unless-stopped` does."""
    stack = breakable
    user = stack.sign_up()
    room = user.room()
    ended: list[int | None] = []

    def all_finished() -> bool:
        for name in ("worker", "tasks", "beat"):
            if stack.processes[name].poll() is not None:
                ended.append(stack.processes[name].returncode)
                stack.start(name)
        return stack.unfinished() == 0

    with Redis.from_url(stack.environment["REDIS_URL"]) as redis:
        redis.config_set("maxmemory", "1")
        accepted = [user.send(room, f"while Redis is full {number}")["id"] for number in range(5)]
        time.sleep(3)  # long enough to be noticed
        redis.config_set("maxmemory", "0")
    wait_until(all_finished, "all replies finished", 180)
    assert {user.message(each)["reply"]["status"] for each in accepted} == {"done"}
    assert 0 not in ended, "a supervisor may take exit code 0 for an intended end"
