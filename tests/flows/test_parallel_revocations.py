"""A hundred keys under load are revoked at once: no request that begins after the confirmation is admitted."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import requests

from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, until_not_busy, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1800)]

PER_USER = 10
SIGNED_OUT = 20
"""Of the hundred, so many end because their user signs out everywhere, one of each."""

REQUESTS_AT_ONCE = 2
"""With each key, so that some are on their way whenever it is revoked."""


@dataclass
class Program:
    """What asks with one key, again and again, until a request was answered that began after the revocation."""

    user: ApiUser
    id: str
    text: str
    revoke: Callable[["Program"], requests.Response]
    early: Counter[int] = field(default_factory=Counter)
    """The statuses of requests that began before the confirmation."""
    late: Counter[int] = field(default_factory=Counter)
    is_revoked: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        with requests.Session() as http:
            http.headers["Authorization"] = f"Bearer {self.text}"
            while not set(self.late) - {503}:
                statuses = self.late if self.is_revoked.is_set() else self.early
                statuses[http.get(f"{self.user.stack.url}/usage", timeout=TIMEOUT).status_code] += 1

    def end(self) -> int:
        wait_until(lambda: self.early[200] >= 3, "some requests", 600)
        try:
            return until_not_busy(lambda: self.revoke(self), {"service_unavailable"}).status_code
        finally:
            self.is_revoked.set()


def delete(program: Program) -> requests.Response:
    return program.user.call("DELETE", f"/api-keys/{program.id}")


def sign_out(program: Program) -> requests.Response:
    return program.user.call("POST", "/auth/logout-all")


def programs(user: ApiUser, count: int, revoke: Callable[[Program], requests.Response]) -> list[Program]:
    found = []
    for _ in range(count):
        made = user.call("POST", "/api-keys", json={"name": "Program", "scopes": ["usage:read"]})
        assert made.status_code == 201, made.text
        found.append(Program(user, made.json()["id"], made.json()["key"], revoke))
    return found


@pytest.mark.stack_settings(web={"WEB_PROCESSES": "4"})
@pytest.mark.parametrize("count", [30, pytest.param(100, marks=pytest.mark.faults)])
def test_nothing_is_admitted_after_a_revocation(breakable: Stack, count: int) -> None:
    of_users = [programs(breakable.sign_up(), 1, sign_out) for _ in range(count * SIGNED_OUT // 100)]
    while (left := count - sum(map(len, of_users))) > 0:
        of_users.append(programs(breakable.sign_up(), min(PER_USER, left), delete))
    all_of_them = [program for mine in of_users for program in mine]
    threads = [
        threading.Thread(target=program.ask, daemon=True) for program in all_of_them for _ in range(REQUESTS_AT_ONCE)
    ]
    for thread in threads:
        thread.start()
    statuses = Counter(in_parallel([program.end for program in all_of_them]))
    for thread in threads:
        thread.join()
    early = sum((program.early for program in all_of_them), Counter())
    late = sum((program.late for program in all_of_them), Counter())
    print(f"{count} keys: before the confirmation {dict(early)}, after it {dict(late)}")
    assert set(statuses) <= {204, 404, 401}, "after a 503, the repeated request finds that the key has ended"
    assert statuses[204] > 0
    assert set(late) <= {401, 503}, "503 is a database that is busy"
    assert all(program.late[401] and program.early[200] for program in all_of_them)
