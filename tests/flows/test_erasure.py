"""An erased account is found nowhere: not in a table, not in Redis, and its number and texts in no log."""

import random
import secrets
from functools import partial
from typing import Any

import pytest
import requests

from tests import scan
from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, until_not_busy, wait_until

pytestmark = pytest.mark.stack

NUMBER = "+919731048265"
OTHER_NUMBER = "+919731048266"
PASSWORD = "seven small elephants"
FIRST_IDS = {"accounts_user": 7_310_000_001, "chatrooms_chatroom": 7_320_000_001, "chatrooms_message": 7_330_000_001}
"""Ids that cannot be mistaken for other numbers, so that a scan finds them."""

INLINE_BYTES = 256 * 1024
"""The default of GEMINI_INLINE_BYTES."""

LOGS = ("web", "worker", "tasks", "beat")


def number_rows_from_high(stack: Stack) -> None:
    for table, first in FIRST_IDS.items():
        stack.sql("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)", table, first)


def sign_in(stack: Stack, number: str, **more: str) -> ApiUser:
    stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '61 seconds'")
    otp = stack.post("/auth/send-otp", {"mobile_number": number}).json()["otp"]
    tokens = stack.post("/auth/verify-otp", {"mobile_number": number, "otp": otp, **more}).json()
    [(user_id,)] = stack.sql("SELECT id FROM accounts_user WHERE mobile_number = %s", number)
    return ApiUser(stack, user_id, number, tokens["access_token"], tokens["refresh_token"])


def found(stack: Stack, texts: list[str]) -> set[tuple[str, str]]:
    return scan.found(texts, database_url=stack.database_url, redis_url=stack.environment["REDIS_URL"])


def sources(hits: set[tuple[str, str]]) -> set[str]:
    return {source for source, _ in hits}


def objects(stack: Stack) -> str:
    """Everything in the folder of the files: names and contents."""
    there = [path for path in (stack.folder / "files").rglob("*") if path.is_file()]
    return "".join(f"{path} {path.read_text(errors='replace')}" for path in there)


def gone(stack: Stack, user_id: int) -> bool:
    return stack.sql("SELECT 1 FROM accounts_user WHERE id = %s", user_id) == []


def use_the_api(alice: ApiUser, canary: str) -> list[str]:
    """Make rooms, 51 messages with a file and a reply in progress, keys and a cached list; return the ids of all."""
    alice.call("PATCH", "/user/me", json={"display_name": f"{canary} name", "language": "en-IN"})
    rooms = [alice.room(f"{canary} room {number}") for number in range(5)]
    for room in rooms:
        alice.call("PATCH", f"/chatroom/{room}", json={"system_instruction": f"{canary} instruction"})
    messages = [
        alice.send(rooms[number % 5], f"{canary} text {number}", headers={"Idempotency-Key": f"{canary}-{number}"})[
            "id"
        ]
        for number in range(49)
    ]
    content = f"{canary} content\n".encode() * 20_000
    assert len(content) > INLINE_BYTES, "Google gets a copy of it"
    uploaded = alice.upload(f"{canary}.txt", content)
    with_file = {"content": f"{canary} with a file", "file_ids": [uploaded["id"]]}
    messages.append(alice.call("POST", f"/chatroom/{rooms[1]}/message", json=with_file).json()["id"])
    wait_until(lambda: alice.stack.unfinished() == 0, "50 replies")
    assert [file["state"] for file in alice.stack.double.files()] == ["ACTIVE"]
    assert canary in objects(alice.stack)
    last = alice.send(rooms[0], f"{canary} the last [[double hold=0]]")["id"]
    wait_until(lambda: alice.message(last)["reply"]["status"] == "generating", "the last reply in progress")
    alice.call("GET", "/chatroom")
    alice.stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '61 seconds'")
    asked = alice.call("POST", "/auth/change-number", json={"new_mobile_number": OTHER_NUMBER})
    assert asked.status_code == 200, asked.text
    sessions = [str(row) for (row,) in alice.stack.sql("SELECT id FROM accounts_session WHERE user_id = %s", alice.id)]
    assert len(sessions) == 3
    return [*map(str, (alice.id, *rooms, *messages, last)), *sessions]


def test_an_erased_account_is_found_nowhere(breakable: Stack) -> None:
    stack = breakable
    stack.set_tier("basic", parallel_replies=8, waiting_replies=100, context_tokens=300_000)
    bob = stack.sign_up()
    theirs = bob.wait_for_reply(bob.send(bob.room("theirs"), "Bob's question")["id"])
    number_rows_from_high(stack)
    devices = [sign_in(stack, NUMBER, **more) for more in ({}, {"password": PASSWORD}, {})]
    alice, canary = devices[0], f"canary{secrets.token_hex(8)}"
    ids = use_the_api(alice, canary)
    private = [canary, NUMBER[3:], OTHER_NUMBER[3:], *ids]
    before = found(stack, private)
    assert sources(before) >= {"redis", *(f"table public.{table}" for table in (*FIRST_IDS, "accounts_session"))}
    assert {text for _, text in before} == set(private), "each can be found, so that its absence means something"

    response = alice.call("DELETE", "/user/me")
    assert response.status_code == 202, response.text
    for device in devices:
        assert device.call("GET", "/user/me").json()["code"] == "session_ended"
        body = {"refresh_token": device.refresh_token}
        assert requests.post(f"{stack.url}/auth/refresh", json=body, timeout=TIMEOUT).status_code == 401
    wait_until(lambda: gone(stack, alice.id) and not found(stack, private), "an erasure without a trace")

    assert canary not in objects(stack)
    assert [file["state"] for file in stack.double.files()] == ["GONE"]
    wait_until(lambda: "reply_given_up" in stack.log("worker"), "the worker to give the reply up")
    assert found(stack, private) == set()
    assert bob.message(theirs["id"]) == theirs
    logs = {name: stack.log(name) for name in LOGS}
    assert [
        (name, text) for name, log in logs.items() for text in (canary, NUMBER[3:], OTHER_NUMBER[3:]) if text in log
    ] == []
    assert "task_failed" not in "".join(logs.values())
    assert "security.erasure_done" in logs["tasks"]
    new = sign_in(stack, NUMBER)
    assert new.id != alice.id
    assert new.call("GET", "/chatroom").json() == []


def test_an_erasure_survives_its_task_and_its_workers(breakable: Stack) -> None:
    stack = breakable
    alice = stack.sign_up()
    alice.wait_for_reply(alice.send(alice.room(), "hello")["id"])
    stack.kill("tasks")
    assert alice.call("DELETE", "/user/me").status_code == 202
    stack.redis.stop()
    stack.redis.start()
    assert not gone(stack, alice.id)
    stack.start("tasks")
    wait_until(lambda: gone(stack, alice.id), "the sweep's erasure")
    assert stack.sql("SELECT 1 FROM chatrooms_message WHERE user_id = %s", alice.id) == []


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.faults)])
def test_parallel_requests_leave_nothing_behind(breakable: Stack, rounds: int) -> None:
    stack = breakable
    seen: set[int] = set()
    for _ in range(rounds):
        number = f"+919{random.randrange(10**8, 10**9)}"
        alice = sign_in(stack, number, password=PASSWORD)
        room = alice.room()
        tokens = {"mobile_number": number, "password": PASSWORD}

        def call(method: str, path: str, who: ApiUser = alice, **body: Any) -> int:
            header = {"Authorization": f"Bearer {who.access_token}"}
            ask = partial(
                requests.request, method, stack.url + path, json=body or None, headers=header, timeout=TIMEOUT
            )
            return until_not_busy(ask, {"service_unavailable"}).status_code

        jobs = [
            *[lambda: call("POST", f"/chatroom/{room}/message", content="hello")] * 6,
            *[lambda: call("POST", "/chatroom", name="another")] * 3,
            *[lambda: call("PATCH", "/user/me", display_name="Alice")] * 2,
            *[lambda: call("GET", "/chatroom")] * 2,
            *[lambda: call("POST", "/auth/login", **tokens)] * 2,
            *[lambda: call("POST", "/auth/refresh", refresh_token=alice.refresh_token)] * 2,
        ]
        random.shuffle(jobs)
        statuses = in_parallel([lambda: call("DELETE", "/user/me"), *jobs])
        assert statuses[0] == 202
        seen |= set(statuses[1:])
        wait_until(lambda: gone(stack, alice.id), "the erasure")
        for table in ("chatrooms_chatroom", "chatrooms_message", "accounts_session", "billing_dailyusage"):
            assert stack.sql(f"SELECT 1 FROM {table} WHERE user_id = %s", alice.id) == []
    if rounds > 10:
        assert seen >= {200, 201, 202, 401}, "some requests came before the erasure and some after it"
    assert seen <= {200, 201, 202, 401, 404}


@pytest.mark.parametrize("rounds", [1, pytest.param(40, marks=pytest.mark.faults)])
def test_a_parallel_change_of_number_leaves_no_code_or_attempt(breakable: Stack, rounds: int) -> None:
    stack = breakable
    seen: set[int] = set()
    for _ in range(rounds):
        old, new = (f"+919{random.randrange(10**8, 10**9)}" for _ in range(2))
        alice = sign_in(stack, old)

        def call(method: str, path: str, who: ApiUser = alice, **body: Any) -> requests.Response:
            header = {"Authorization": f"Bearer {who.access_token}"}
            ask = partial(
                requests.request, method, stack.url + path, json=body or None, headers=header, timeout=TIMEOUT
            )
            return until_not_busy(ask, {"service_unavailable"})

        def allow_another_code() -> None:
            stack.sql("UPDATE accounts_onetimecode SET created_at = created_at - interval '61 seconds'")

        allow_another_code()
        asked = call("POST", "/auth/change-number", new_mobile_number=new).json()
        right = {"otp": asked["otp"], "new_otp": asked["new_otp"]}
        wrong = {"otp": asked["otp"], "new_otp": f"{(int(asked['new_otp']) + 1) % 10**6:06}"}
        assert call("POST", "/auth/change-number/confirm", **wrong).json()["code"] == "invalid_code"
        allow_another_code()
        confirm = partial(call, "POST", "/auth/change-number/confirm")
        jobs: list[Any] = [
            *[partial(confirm, **right)] * 2,
            *[partial(confirm, **wrong)] * 2,
            *[partial(call, "POST", "/auth/change-number", new_mobile_number=new)] * 4,
        ]
        random.shuffle(jobs)
        statuses = [response.status_code for response in in_parallel([partial(call, "DELETE", "/user/me"), *jobs])]
        seen |= set(statuses)
        if statuses[0] != 202:  # the confirmation was quicker, and ended the session
            assert sign_in(stack, new).call("DELETE", "/user/me").status_code == 202
        wait_until(lambda: gone(stack, alice.id), "the erasure")
        for table in ("accounts_onetimecode", "accounts_tries"):
            assert stack.sql(f"SELECT * FROM {table} WHERE number IN (%s, %s)", old, new) == []
    assert seen <= {200, 202, 400, 401, 429}
    assert "task_failed" not in stack.log("tasks")
