"""A reply is stopped while it is written: status, text, tokens and quota agree."""

import random
import time
from functools import partial
from typing import Any

import pytest

from tests import sse
from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import in_parallel, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

LONG = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(400))


def rounds(few: int, many: int) -> pytest.MarkDecorator:
    """How often a race is run by `make test`, and by `make faults`."""
    return pytest.mark.parametrize("rounds", [few, pytest.param(many, marks=pytest.mark.faults)])


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


def used_units(alice: ApiUser) -> int:
    return int(alice.call("GET", "/usage").json()["used"])


def status_of(alice: ApiUser, method: str, path: str, body: dict[str, str] | None) -> int:
    return alice.call(method, path, json=body).status_code


def assert_settled(stack: Stack, alice: ApiUser, message_id: int, text: str) -> dict:
    """Wait until the worker has settled; assert that status, text, usage and quota agree."""
    query = "SELECT lease_until IS NULL FROM chatrooms_message WHERE answers_id = %s AND is_current"
    wait_until(lambda: stack.sql(query, message_id) == [(True,)], "settled")
    message = alice.message(message_id)
    assert message["reply"]["status"] == "stopped"
    assert message["gemini_response"] == text
    assert message["reply"]["prompt_tokens"]
    assert (message["reply"]["output_tokens"] or 0) > 0 or not text
    [(units, refunded)] = stack.sql(
        "SELECT count(*) FILTER (WHERE amount = 1), count(*) FILTER (WHERE amount = -1) FROM billing_ledgerentry "
        "WHERE user_id = %s",
        alice.id,
    )
    assert used_units(alice) == units - refunded
    return message


@rounds(1, 20)
def test_a_stop_after_the_first_chunk_keeps_the_text(stack: Stack, alice: ApiUser, rounds: int) -> None:
    room = alice.room()
    for _ in range(rounds):
        stack.double.reset()
        stack.double.default(text=LONG, chunks=400, delay=random.uniform(0.2, 0.5))  # minutes, unless stopped
        before = used_units(alice)
        sent = alice.send(room, "Hello")
        reader = sse.Reader()
        events = sse.Response(sent["stream_url"]).events()
        while not reader.text:
            reader.receive(next(events))
        time.sleep(random.uniform(0, 1))
        response = alice.call("POST", f"/message/{sent['id']}/stop")
        assert response.status_code == 200
        assert response.json()["reply"]["status"] == "stopped"
        for received in events:
            reader.receive(received)
        assert reader.end is not None
        assert reader.end.event == "stopped"
        assert_settled(stack, alice, sent["id"], reader.text)
        assert response.json()["gemini_response"] == reader.text
        assert LONG.startswith(reader.text)
        assert used_units(alice) == before + 1
        wait_until(lambda: stack.double.calls()[0]["disconnected"], "the call closed")


@rounds(3, 40)
def test_who_reads_the_stop_in_another_tab_finds_the_text(stack: Stack, alice: ApiUser, rounds: int) -> None:
    room, checked = alice.room(), 0
    for _ in range(rounds):
        stack.double.reset()
        stack.double.default(text=LONG, chunks=400, delay=0.3)
        sent = alice.send(room, "Hello")
        reader = sse.Reader()
        events = sse.Response(sent["stream_url"]).events()
        while not reader.text:
            reader.receive(next(events))

        def read_to_the_end(reader: sse.Reader = reader, events: Any = events, sent: Any = sent) -> Any:
            for received in events:
                reader.receive(received)
            return alice.message(sent["id"])

        answers = in_parallel(
            [read_to_the_end, lambda sent=sent: alice.call("POST", f"/message/{sent['id']}/stop").json()]
        )
        assert reader.end is not None
        if reader.end.event != "stopped" or "stream_not_fenced" in stack.log("web"):
            continue  # Redis has paused: the worker saves the text
        found = {(each["reply"]["status"], each["gemini_response"]) for each in answers}
        assert found == {("stopped", reader.text)}
        checked += 1
    assert checked


@rounds(1, 5)
def test_a_stop_before_the_first_chunk_refunds_the_unit(stack: Stack, alice: ApiUser, rounds: int) -> None:
    room = alice.room()
    for _ in range(rounds):
        stack.double.reset()
        stack.double.default(ttft=120)
        before = used_units(alice)
        sent = alice.send(room, "Hello")
        wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the call")
        time.sleep(random.uniform(0, 1))
        response = alice.call("POST", f"/message/{sent['id']}/stop")
        assert (response.status_code, response.json()["gemini_response"]) == (200, "")
        message = assert_settled(stack, alice, sent["id"], "")
        assert message["reply"]["tokens_estimated"] is True
        assert used_units(alice) == before
        wait_until(lambda: stack.double.calls()[0]["disconnected"], "the call closed, long before its timeout", 30)


@rounds(1, 10)
def test_a_stop_that_is_not_published_drops_no_text(stack: Stack, alice: ApiUser, rounds: int) -> None:
    """`web` may commit and then not reach Redis: until the worker has settled, the row has no text yet."""
    room = alice.room()
    for _ in range(rounds):
        stack.double.reset()
        stack.double.default(text=LONG, chunks=400, delay=0.8)
        sent = alice.send(room, "Hello")
        events = sse.Response(sent["stream_url"]).events()
        reader = sse.Reader()
        while not reader.text:
            reader.receive(next(events))
        stack.sql(
            "UPDATE chatrooms_message SET status = 'stopped', finished_at = now(), lease_until = now() + '9 min' "
            "WHERE answers_id = %s AND is_current RETURNING id",
            sent["id"],
        )
        late = sse.read(sent["stream_url"])
        for received in events:
            reader.receive(received)
        assert reader.end is not None
        assert reader.end.event == "stopped"
        assert reader.starts == 1
        assert_settled(stack, alice, sent["id"], reader.text)
        assert late.text == reader.text != ""


@rounds(1, 10)
def test_one_of_many_concurrent_stops_wins(stack: Stack, alice: ApiUser, rounds: int) -> None:
    room = alice.room()
    for _ in range(rounds):
        stack.double.default(text=LONG, chunks=400, delay=0.5)
        sent = alice.send(room, "Hello")
        stops = in_parallel([lambda m=sent["id"]: alice.call("POST", f"/message/{m}/stop").status_code] * 8)
        assert sorted(stops) == [200] + [409] * 7
        wait_until(lambda: stack.unfinished() == 0, "no unfinished reply")


@rounds(1, 10)
@pytest.mark.parametrize("verb", ["regenerate", "retry", "edit"])
def test_one_of_many_concurrent_retries_wins(stack: Stack, verb: str, rounds: int) -> None:
    for _ in range(rounds):
        alice = stack.sign_up()  # five stops a day without text give their unit back
        stack.double.script({"block": "SAFETY"}, {"ttft": 120})
        sent = alice.send(alice.room(), "Hello")
        alice.wait_for_reply(sent["id"])
        method, path, body = {
            "edit": ("PATCH", f"/message/{sent['id']}", {"content": "New"}),
            "retry": ("POST", f"/message/{sent['id']}/retry", None),
            "regenerate": ("POST", f"/message/{sent['id']}/regenerate", None),
        }[verb]
        statuses = in_parallel([partial(status_of, alice, method, path, body)] * 8)
        assert sorted(statuses) == [202] + [409] * 7
        assert used_units(alice) == 1  # the unit of the failed send was refunded
        wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the one call")
        assert alice.call("POST", f"/message/{sent['id']}/stop").status_code == 200
        assert_settled(stack, alice, sent["id"], "")
        assert used_units(alice) == 0
