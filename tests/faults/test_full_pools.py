"""A running `web` whose pool of database connections is full refuses further requests instead of queueing them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager

import psycopg
import pytest
import requests

from tests.stack import Stack
from tests.waiting import TIMEOUT, wait_until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.faults,
    pytest.mark.timeout(600),
    pytest.mark.stack_settings(web={"DATABASE_POOL_SIZE": "2"}),
]

POOL = 2
AT_ONCE = 10

WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@contextmanager
def rooms_locked(stack: Stack) -> Iterator[None]:
    """Make every query of a room wait, and hold its connection, until the block ends."""
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("LOCK TABLE chatrooms_chatroom IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def test_without_a_free_connection_is_503_while_others_wait(breakable: Stack) -> None:
    stack = breakable
    user = stack.sign_up()
    room = user.room()
    for name in ("worker", "tasks", "beat"):  # they query rooms, too
        stack.kill(name)
    with ThreadPoolExecutor(AT_ONCE) as threads, rooms_locked(stack):
        jobs = [threads.submit(user.call, "GET", f"/chatroom/{room}") for _ in range(AT_ONCE)]
        wait_until(lambda: len(stack.sql(WAITING)) == POOL, "a full pool")
        wait_until(lambda: sum(job.done() for job in jobs) == AT_ONCE - POOL, "the refusal of the others")
        refused = [job.result() for job in jobs if job.done()]
        assert {(each.status_code, each.json()["code"]) for each in refused} == {(503, "service_unavailable")}
        assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
        assert len(stack.sql(WAITING)) == POOL
        assert requests.get(f"{stack.url}/livez", timeout=TIMEOUT).status_code == 200
    wait(jobs)
    held = [job.result().status_code for job in jobs if job.result() not in refused]
    assert held == [200] * POOL
    assert [user.call("GET", f"/chatroom/{room}").status_code for _ in range(5)] == [200] * 5
