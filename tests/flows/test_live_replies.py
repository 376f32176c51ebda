"""A reply is streamed while it is written: cut off, resumed, finished, failed."""

import random

import pytest

from chatrooms.streaming.request import SEND_TIMEOUT
from tests import sse
from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]

LONG = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(400))


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


def test_a_reply_streams_while_it_is_written(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text="one two three four five six", chunks=6, hold=1)
    sent = alice.send(alice.room(), "Hello")
    reader = sse.Reader()
    for received in sse.Response(sent["stream_url"]).events():
        if received.event == "delta" and not reader.text:
            assert stack.double.ledger()["in_flight"] == 1, "the first chunk came before the second was written"
            stack.double.release()
        reader.receive(received)
    assert reader.text == "one two three four five six" == alice.message(sent["id"])["gemini_response"]
    first, *between, last = [each.event for each in reader.events]
    assert (first, set(between), last) == ("start", {"delta"}, "done")
    assert len(between) > 1
    assert reader.end is not None
    assert reader.end.data == {"length": 27}


def test_twenty_cut_connections_lose_and_repeat_nothing(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=LONG, chunks=200, delay=0.02, hold=100)
    sent = alice.send(alice.room(), "Hello")
    reader, cuts = sse.Reader(), 0
    while reader.end is None:
        response = sse.Response(sent["stream_url"], headers={"Last-Event-ID": reader.last_id})
        assert response.status == 200
        at_most = random.randrange(40, 800) if cuts < 20 else None  # so that twenty are shorter than the whole
        for received in response.events(at_most=at_most):
            reader.receive(received)
        response.close()
        cuts += 1
        if cuts == 10:
            stack.double.release()
    assert cuts == 21
    assert reader.text == LONG == alice.message(sent["id"])["gemini_response"]
    assert reader.starts == 1
    assert len({each.id for each in reader.events}) == len(reader.events)


def test_a_late_client_gets_the_earlier_text_first(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=LONG, chunks=50, delay=0.02, hold=25)
    earlier = LONG[: 25 * -(-len(LONG) // 50)]
    sent = alice.send(alice.room(), "Hello")
    first, late = sse.Reader(), sse.Reader()
    for reader in (first, late):
        events = sse.Response(sent["stream_url"]).events()
        while reader.text != earlier:
            reader.receive(next(events))
    stack.double.release()
    for received in events:
        late.receive(received)
    assert late.text == LONG == alice.message(sent["id"])["gemini_response"]
    assert late.starts == 1


def test_a_finished_reply_is_served_whole_and_then_with_204(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=LONG, chunks=3)
    sent = alice.send(alice.room(), "Hello")
    alice.wait_for_reply(sent["id"])
    for _ in range(2):
        reader = sse.read(sent["stream_url"])
        assert reader.text == LONG
        assert [each.event for each in reader.events] == ["start", "delta", "done"]
        stack.redis.empty()
    again = sse.Response(sent["stream_url"], headers={"Last-Event-ID": reader.last_id})
    assert again.status == 204
    from_another = sse.Response(sent["stream_url"], headers={"Last-Event-ID": f"1{reader.last_id}"})
    assert from_another.status == 200


def test_a_client_that_was_disconnected_resumes_after_the_end(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=LONG, chunks=50, delay=0.02, hold=25)
    sent = alice.send(alice.room(), "Hello")
    reader = sse.Reader()
    for received in sse.Response(sent["stream_url"]).events(at_most=2000):
        reader.receive(received)
    assert reader.text
    stack.double.release()
    alice.wait_for_reply(sent["id"])
    for received in sse.Response(f"{sent['stream_url']}&after={reader.last_id}").events():
        reader.receive(received)
    assert (reader.text, reader.starts) == (LONG, 1)


def test_a_failed_reply_ends_with_its_code(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(block="SAFETY")
    sent = alice.send(alice.room(), "Hello")
    end = sse.read(sent["stream_url"]).end
    assert end is not None
    assert (end.event, end.data) == ("error", {"code": "blocked"})


def test_the_text_of_an_attempt_that_broke_off_is_discarded(stack: Stack, alice: ApiUser) -> None:
    room = alice.room()
    stack.double.default(hold=0)
    earlier = alice.send(room, "Wait for me until the other stream is open")
    wait_until(lambda: stack.double.ledger()["in_flight"] == 1, "the earlier one's call")
    stack.double.script({"text": "half an ", "chunks": 1, "fault": "reset"}, {"text": "a whole one", "chunks": 2})
    sent = alice.send(room, "Hello")
    response, reader = sse.Response(sent["stream_url"]), sse.Reader()
    assert alice.call("POST", f"/message/{earlier['id']}/stop").status_code == 200
    for received in response.events():
        reader.receive(received)
    assert reader.text == "a whole one"
    assert reader.starts >= 2
    assert "half an " in [each.data.get("text") for each in reader.events]


@pytest.mark.faults  # it waits for a real timeout
def test_a_blocked_client_is_dropped_and_harms_no_other(stack: Stack, alice: ApiUser) -> None:
    [(most,)] = stack.sql("SELECT max_output_tokens FROM billing_tier WHERE slug = 'basic'")
    stack.set_tier(max_output_tokens=65_536)
    stack.double.default(size=240_000, chunks=2400, delay=0.001)
    sent = alice.send(alice.room(), "Hello")
    blocked = sse.Response(sent["stream_url"], buffer=4096)
    reader = sse.read(sent["stream_url"])
    stack.set_tier(max_output_tokens=most)
    assert len(reader.text) == 240_000
    wait_until(lambda: '"too_slow"' in stack.log("stream"), "dropped", SEND_TIMEOUT + 10)
    with pytest.raises((ConnectionError, ValueError)):
        for _ in blocked.events():
            pass
