"""API keys with real processes: revoked, rotated and counted under load, and with a stream of their own."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from tests import sse
from tests.api_user import ApiUser
from tests.books import books
from tests.stack import Stack
from tests.waiting import TIMEOUT, in_parallel, until_not_busy, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

ALL = ["rooms:read", "rooms:write", "messages:write", "files", "usage:read"]
LONG = "A long reply. " * 200
NO_LIMITS = {"daily_messages": None, "waiting_replies": 30_000, "sends_per_minute": 30_000}

MANY_WEBS = pytest.mark.stack_settings(web={"WEB_PROCESSES": "4"})
"""More web processes than the machine has cores."""

MESSAGES = "SELECT count(*) FROM chatrooms_message WHERE user_id = %s AND role = 'user'"


def call(user: ApiUser, method: str, path: str, **options: Any) -> requests.Response:
    """A request of the user's, again while the database is busy."""
    return until_not_busy(lambda: user.call(method, path, **options), {"service_unavailable"})


def make(user: ApiUser, **fields: Any) -> dict[str, Any]:
    response = call(user, "POST", "/api-keys", json={"name": "Program", "scopes": ALL, **fields})
    assert response.status_code == 201, response.text
    return dict(response.json())


def room_of(user: ApiUser) -> int:
    return int(call(user, "POST", "/chatroom", json={"name": "Room"}).json()["id"])


def program(user: ApiUser, key: dict[str, Any]) -> ApiUser:
    """The user's program, which has only the key."""
    return replace(user, access_token=key["key"], http=requests.Session())


def usage(user: ApiUser, key: dict[str, Any]) -> int:
    return call(program(user, key), "GET", "/usage").status_code


class Senders:
    """Threads that send with a key until one request that began after its revocation was confirmed."""

    def __init__(self, user: ApiUser, key: dict[str, Any], room: int, threads: int = 3) -> None:
        self.accepted = 0
        self.late: list[int] = []
        """The statuses of these last requests."""
        self.is_revoked = threading.Event()
        self._url = f"{user.stack.url}/chatroom/{room}/message"
        self._headers = {"Authorization": f"Bearer {key['key']}"}
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        is_late = False
        while not is_late:
            is_late = self.is_revoked.is_set()
            response = requests.post(self._url, json={"content": "Hello"}, headers=self._headers, timeout=TIMEOUT)
            self.accepted += response.status_code == 202
            if is_late:
                self.late.append(response.status_code)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()


def revoke(user: ApiUser, key: dict[str, Any]) -> int:
    return call(user, "DELETE", f"/api-keys/{key['id']}").status_code


def log_out_everywhere(user: ApiUser, key: dict[str, Any]) -> int:
    return call(user, "POST", "/auth/logout-all").status_code


@MANY_WEBS
@pytest.mark.parametrize("end", [revoke, log_out_everywhere])
@pytest.mark.parametrize("at_once", [6, pytest.param(25, marks=pytest.mark.faults)])
def test_nothing_is_accepted_after_a_revocation(
    breakable: Stack, at_once: int, end: Callable[[ApiUser, dict[str, Any]], int]
) -> None:
    """A message that was being sent is stored before the 204, or never."""
    stack = breakable
    stack.set_tier("basic", **NO_LIMITS)
    users = [stack.sign_up() for _ in range(at_once)]
    keys = [make(user) for user in users]
    senders = [Senders(user, key, room_of(user)) for user, key in zip(users, keys, strict=True)]

    def revoked(user: ApiUser, key: dict[str, Any], senders: Senders) -> tuple[int, int]:
        try:
            wait_until(lambda: senders.accepted >= 3, "some messages", 300)
            status = end(user, key)
            return status, stack.sql(MESSAGES, user.id)[0][0]
        finally:
            senders.is_revoked.set()

    for each in senders:
        each.start()
    done = in_parallel([lambda each=each: revoked(*each) for each in zip(users, keys, senders, strict=True)])
    for each in senders:
        each.join()
    assert [stack.sql(MESSAGES, user.id)[0][0] for user in users] == [stored for _, stored in done]
    late = Counter(status for each in senders for status in each.late)
    assert set(late) <= {401, 503}, "503 is a database that is busy"
    assert late[401] > 0
    # After a 503, the repeated request finds that the key or the session has ended.
    assert {status for status, _ in done} <= {204, 404, 401}


@MANY_WEBS
@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.faults)])
def test_of_rotations_at_once_one_succeeds(breakable: Stack, rounds: int) -> None:
    stack = breakable
    for _ in range(rounds):
        user = stack.sign_up()
        key = make(user)
        path = f"{stack.url}/api-keys/{key['id']}/rotate"
        headers = {"Authorization": f"Bearer {user.access_token}"}
        answers = in_parallel(
            [lambda: requests.post(path, json={"overlap": 3600}, headers=headers, timeout=TIMEOUT) for _ in range(8)]
        )
        [new] = [answer.json() for answer in answers if answer.ok]
        others = Counter(answer.status_code for answer in answers if not answer.ok)
        assert set(others) <= {409, 503}, "503 is a database that is busy"
        assert (usage(user, key), usage(user, new)) == (200, 200)


@MANY_WEBS
@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.faults)])
def test_a_keys_units_are_exact_within_the_users(breakable: Stack, rounds: int) -> None:
    stack = breakable
    stack.set_tier("basic", **{**NO_LIMITS, "daily_messages": 8})

    def answers(mine: ApiUser, room: int) -> Counter[tuple[int, str]]:
        sent = in_parallel([lambda: mine.send_with_retries(room) for _ in range(40)])
        return Counter((each.status_code, each.json().get("code", "")) for each in sent)

    for _ in range(rounds):
        user = stack.sign_up()
        room, keys = room_of(user), [make(user, daily_units=5), make(user, daily_units=5)]
        assert answers(program(user, keys[0]), room) == {(202, ""): 5, (429, "api_key_units_used_up"): 35}
        assert answers(program(user, keys[1]), room) == {(202, ""): 3, (429, "quota_exceeded"): 37}
        assert books(user) == (8, 8, 8)
        listed = {each["id"]: each["units_today"] for each in call(user, "GET", "/api-keys").json()}
        assert listed == {keys[0]["id"]: 5, keys[1]["id"]: 3}


def test_a_program_has_a_conversation_with_its_key_alone(stack: Stack) -> None:
    user = stack.sign_up()
    mine = program(user, make(user))
    sent = mine.send(mine.room(), "Hello")
    final = mine.wait_for_reply(sent["id"])
    assert final["reply"]["status"] == "done"
    url = f"http://127.0.0.1:{stack.stream_port}/message/{sent['id']}/stream"
    bearer = {"Authorization": f"Bearer {mine.access_token}"}
    assert sse.read(url, headers=bearer).text == final["gemini_response"]
    assert sse.read(sent["stream_url"]).text == final["gemini_response"]
    file = mine.upload("note.txt", b"A note of a program.")
    assert requests.get(file["url"], timeout=TIMEOUT).content == b"A note of a program."


def test_the_stream_process_refuses_what_web_refuses(stack: Stack) -> None:
    user = stack.sign_up()
    key, other = make(user), make(user, scopes=["messages:write", "usage:read"])
    sent = user.send(user.room(), "Hello")
    url = f"http://127.0.0.1:{stack.stream_port}/message/{sent['id']}/stream"

    def refusal(text: str) -> tuple[int, str]:
        response = requests.get(url, headers={"Authorization": f"Bearer {text}"}, timeout=TIMEOUT)
        return response.status_code, response.json()["code"]

    assert refusal(other["key"]) == (403, "scope_missing")
    assert refusal(key["key"][:-1]) == (401, "api_key_invalid")
    stranger = stack.sign_up()
    assert refusal(make(stranger)["key"]) == (404, "not_found")
    revoke(user, key)
    assert refusal(key["key"]) == (401, "api_key_ended")


def test_an_open_stream_and_its_ticket_end_with_the_key(stack: Stack) -> None:
    stack.double.default(text=LONG, chunks=40, hold=8)
    user = stack.sign_up()
    key = make(user)
    mine = program(user, key)
    sent = mine.send(mine.room(), "Hello")
    events = sse.Response(sent["stream_url"]).events()
    next(events)
    assert revoke(user, key) == 204
    *_, last = events
    assert (last.event, last.data["code"]) == ("error", "session_ended")
    again = requests.get(sent["stream_url"], timeout=TIMEOUT)
    assert (again.status_code, again.json()["code"]) == (401, "session_ended")


def test_no_key_is_in_a_log_or_stored(stack: Stack) -> None:
    user = stack.sign_up()
    key = make(user)
    mine = program(user, key)
    mine.wait_for_reply(mine.send(mine.room(), "Hello", headers={"Idempotency-Key": "one"})["id"])
    requests.get(f"{stack.url}/{key['key']}?key={key['key']}", timeout=TIMEOUT)
    requests.get(f"http://127.0.0.1:{stack.stream_port}/{key['key']}?ticket={key['key']}", timeout=TIMEOUT)
    secret = key["key"].rpartition("_")[2][:20]
    assert [name for name in ("web", "stream", "worker", "tasks", "beat") if secret in stack.log(name)] == []
    assert key["id"] in stack.log("web")
    [(row,)] = stack.sql("SELECT k::text FROM accounts_apikey k WHERE id = %s", key["id"])
    assert secret not in row
