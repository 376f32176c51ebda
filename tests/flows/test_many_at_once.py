"""Many users, rooms and messages at once, with real processes."""

import random
import re
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def _own_limits(stack: Stack) -> Any:
    """Restore the limits of the tiers that a test raised."""
    yield
    stack.set_tier("basic", parallel_replies=2, waiting_replies=20)


def echo_of(message: dict[str, Any]) -> str:
    """The message as the double quotes it in its reply."""
    return str(message["gemini_response"])


@pytest.mark.parametrize("users_count", [8, pytest.param(40, marks=pytest.mark.faults)])
def test_each_of_many_messages_gets_its_own_reply(stack: Stack, users_count: int) -> None:
    stack.set_tier("basic", parallel_replies=10, waiting_replies=50)
    users = [stack.sign_up() for _ in range(users_count)]
    rooms = [(user, user.room()) for user in users for _ in range(5)]
    stack.double.reset()
    stack.double.default(ttft=2, delay=0.25, chunks=3)

    sent = in_parallel([lambda u=user, r=room: u.send(r, f"question of room {r}") for user, room in rooms])
    wait_until(lambda: stack.unfinished() == 0, "all replies finished", 120)

    for (user, room), message in zip(rooms, sent, strict=True):
        answered = user.message(message["id"])
        assert answered["reply"]["status"] == "done", answered
        assert re.search(rf"question of room {room}\b", echo_of(answered))
    ledger = stack.double.ledger()
    assert len(ledger["calls"]) == 5 * users_count
    assert ledger["max_in_flight"] > users_count, "the calls were made at the same time"


def test_a_basic_user_never_has_more_than_two_calls_at_once(stack: Stack) -> None:
    user = stack.sign_up()
    rooms = [user.room() for _ in range(10)]
    stack.double.default(ttft=0.3)
    sent = in_parallel([lambda r=room: user.send(r, f"user={user.id} room {r}") for room in rooms])
    for message in sent:
        assert user.wait_for_reply(message["id"])["reply"]["status"] == "done"
    ledger = stack.double.ledger()
    assert ledger["max_in_flight_by_user"][str(user.id)] == 2
    assert len(ledger["calls"]) == 10


def test_a_pro_user_never_has_more_than_eight_calls_at_once(stack: Stack) -> None:
    user = stack.sign_up()
    grant = "INSERT INTO billing_entitlement (user_id, grant_until) VALUES (%s, now() + interval '1 day')"
    stack.sql(grant, user.id)
    rooms = [user.call("POST", "/chatroom", json={}).json()["id"] for _ in range(15)]
    stack.double.default(hold=0)
    jobs = [lambda where=room: user.send(where, f"user={user.id}") for room in rooms for _ in range(2)]
    sent = in_parallel(jobs)
    wait_until(lambda: stack.double.ledger()["in_flight"] == 8, "eight calls under way")
    stack.double.default(text="A title", ttft=0.1)
    for message in sent:
        if user.message(message["id"])["reply"]["status"] == "generating":
            assert user.call("POST", f"/message/{message['id']}/stop").status_code in (200, 409), "409: it has ended"
    wait_until(lambda: stack.unfinished() == 0, "all in an end state", 120)
    named = "SELECT 1 FROM chatrooms_chatroom WHERE user_id = %s AND naming = 'model'"
    wait_until(lambda: stack.sql(named, user.id), "a title")
    ledger = stack.double.ledger()
    assert ledger["max_in_flight_by_user"][str(user.id)] == 8
    assert len(ledger["calls"]) > 30


def test_30_parallel_sends_to_a_room_get_replies_in_order(stack: Stack) -> None:
    stack.set_tier("basic", waiting_replies=50)
    user = stack.sign_up()
    room = user.room()
    sent = in_parallel([lambda n=n: user.send(room, f"number {n} of thirty") for n in range(30)])
    wait_until(lambda: stack.unfinished() == 0, "all replies finished", 120)

    messages = user.call("GET", f"/chatroom/{room}/messages?limit=100").json()
    assert [message["id"] for message in messages] == sorted(message["id"] for message in sent)
    finished = [message["reply"]["finished_at"] for message in messages]
    assert finished == sorted(finished)
    assert all(message["reply"]["status"] == "done" for message in messages)
    calls = [[part["text"] for turn in call["contents"] for part in turn["parts"]] for call in stack.double.calls()]
    prompts = [contents for contents in calls if "of thirty" in contents[-1]]  # a title may come late from another test
    history: list[str] = []
    for message, contents in zip(messages, prompts, strict=True):
        history.append(message["content"])
        assert contents == history
        history.append(message["gemini_response"])


def test_parallel_sends_never_exceed_waiting_replies(stack: Stack) -> None:
    stack.set_tier("basic", waiting_replies=5)
    for _ in range(3):
        user = stack.sign_up()
        rooms = [user.room() for _ in range(10)]
        stack.double.default(hold=0)
        responses = in_parallel([lambda r=room: user.send_with_retries(r) for room in rooms * 3])
        assert sorted(response.status_code for response in responses) == [202] * 5 + [429] * 25
        assert {response.json()["code"] for response in responses if response.status_code == 429} == {
            "too_many_waiting"
        }
        [(stored,)] = stack.sql("SELECT count(*) FROM chatrooms_message WHERE user_id = %s AND role = 'user'", user.id)
        assert stored == 5
        for response in responses:
            if response.status_code == 202:
                assert user.call("POST", f"/message/{response.json()['id']}/stop").status_code == 200
    unsettled = "SELECT 1 FROM chatrooms_message WHERE status = 'stopped' AND lease_until IS NOT NULL"
    wait_until(lambda: not stack.unfinished() and not stack.sql(unsettled), "all stopped")


@pytest.mark.parametrize("rounds", [1, pytest.param(20, marks=pytest.mark.faults)])
def test_50_sends_with_one_idempotency_key_are_one_message(stack: Stack, rounds: int) -> None:
    user = stack.sign_up()
    room = user.room()
    for round_ in range(rounds):
        key = f"key-{round_}-{random.random()}"
        responses = in_parallel([lambda: _send(user, room, key, "the same") for _ in range(50)])
        accepted = [response for response in responses if response.status_code == 202]
        refused = [response for response in responses if response.status_code != 202]
        assert len({response.json()["id"] for response in accepted}) == 1
        assert {(response.status_code, response.json()["code"]) for response in refused} <= {
            (409, "idempotency_in_flight")
        }
        assert sum("Idempotency-Replayed" not in response.headers for response in accepted) == 1
        again = _send(user, room, key, "the same")
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
        assert _send(user, room, key, "another").status_code == 422
    [(count,)] = stack.sql("SELECT count(*) FROM chatrooms_message WHERE room_id = %s AND role = 'user'", room)
    assert count == rounds
    wait_until(lambda: stack.unfinished() == 0, "all replies finished")
    assert len(stack.double.calls()) == rounds


def _send(user: ApiUser, room: int, key: str, content: str) -> Any:
    path = f"/chatroom/{room}/message"
    return user.call("POST", path, json={"content": content}, headers={"Idempotency-Key": key})
