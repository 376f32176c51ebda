"""A reply's stream in Redis: what a worker publishes, and what a late one cannot."""

import time
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings

from chatrooms import redis_stream
from chatrooms.redis_stream import Fenced, StreamWriter
from chatrooms.stream_entries import (
    LAST_NUMBER,
    Entry,
    EntryId,
    Event,
    parse_entries,
    parse_message,
    stream_key,
    text_of,
)

REPLY = 77


@pytest.fixture(autouse=True)
def server() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        client.flushall()
        yield client


def entries(server: redis.Redis) -> list[Entry]:
    return parse_entries(server.xrange(stream_key(REPLY)))


def writer(attempt: int = 1, *, is_held: Callable[[], bool] = lambda: True) -> StreamWriter:
    made = StreamWriter(reply_id=REPLY, attempt=attempt, is_held=is_held)
    made.start()
    return made


def test_chunks_are_published_in_order_with_their_offsets(server: redis.Redis) -> None:
    each = writer()
    each.add("नम")
    each.add("aste")
    assert [(str(entry.id), entry.event.value, entry.data) for entry in entries(server)] == [
        ("1-1", "start", {"attempt": 1}),
        ("1-2", "delta", {"text": "नम", "offset": 0}),
        ("1-3", "delta", {"text": "aste", "offset": 2}),
    ]
    assert text_of(entries(server)) == each.text == "नमaste"
    assert 0 < server.ttl(stream_key(REPLY)) <= redis_stream.LIVE_SECONDS


def test_a_new_attempt_starts_over_and_fences_the_old_one(server: redis.Redis) -> None:
    old = writer(is_held=lambda: False)
    old.add("old")
    new = writer(2)
    new.add("new")
    with pytest.raises(Fenced):
        old.add("late")
    assert [str(entry.id) for entry in entries(server)] == ["2-1", "2-2"]
    assert text_of(entries(server)) == "new"
    assert old.text == "old"


def test_nothing_follows_the_end(server: redis.Redis) -> None:
    each = writer(is_held=lambda: False)
    each.add("one")
    redis_stream.end(reply_id=REPLY, attempt=1, event=Event.DONE, data={"length": 3})
    with pytest.raises(Fenced):
        each.add("two")
    assert (entries(server)[-1].event, entries(server)[-1].id) == (Event.DONE, EntryId(1, LAST_NUMBER))
    assert 0 < server.ttl(stream_key(REPLY)) <= redis_stream.ENDED_SECONDS


def test_a_fence_returns_the_published_text_and_refuses_more(server: redis.Redis) -> None:
    each = writer(is_held=lambda: False)
    each.add("one ")
    each.add("two")
    assert redis_stream.fence(reply_id=REPLY, attempt=1) == "one two"
    with pytest.raises(Fenced):
        each.add(" three")
    assert [entry.event.value for entry in entries(server)] == ["start", "delta", "delta"], "clients do not see it"
    redis_stream.end(reply_id=REPLY, attempt=1, event=Event.STOPPED, data={})
    assert entries(server)[-1].event is Event.STOPPED


def test_a_fence_before_the_first_entry_returns_none(server: redis.Redis) -> None:
    assert redis_stream.fence(reply_id=REPLY, attempt=0) is None
    redis_stream.end(reply_id=REPLY, attempt=0, event=Event.STOPPED, data={})
    assert entries(server)[-1].event is Event.STOPPED


def test_a_fence_after_the_beginning_was_lost_returns_none(server: redis.Redis) -> None:
    each = writer()
    each.add("one")
    server.flushall()
    assert redis_stream.fence(reply_id=REPLY, attempt=1) is None


def test_a_discarded_attempt_can_be_fenced(server: redis.Redis) -> None:
    writer().add("one")
    redis_stream.discard(reply_id=REPLY, attempt=1)
    assert redis_stream.fence(reply_id=REPLY, attempt=1) == ""


def test_everything_is_published_to_a_redis_that_lost_the_stream(server: redis.Redis) -> None:
    each = writer()
    each.add("one ")
    server.flushall()
    each.add("two ")
    each.add("three")
    assert [entry.event.value for entry in entries(server)] == ["start", "delta", "delta"]
    assert text_of(entries(server)) == "one two three"


def test_a_deleted_reply_leaves_no_text_behind(server: redis.Redis) -> None:
    held = [True]
    each = writer(is_held=lambda: held[0])
    each.add("secret")
    redis_stream.delete([REPLY])
    held[0] = False
    with pytest.raises(Fenced):
        each.add(" more")
    assert server.keys("*") == []


def test_a_stream_of_an_earlier_database_does_not_fence(server: redis.Redis) -> None:
    writer(9).add("of another life")
    each = writer(1, is_held=lambda: True)
    each.add("one ")
    each._republish_at = 0
    each.add("two")
    assert text_of(entries(server)) == each.text == "one two"


def test_a_reply_goes_on_without_redis_and_is_published_later(
    server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = writer()
    each.add("one ")

    def unavailable(**_: object) -> bool:
        raise redis.ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(redis_stream, "_append", unavailable)
        each.add("two ")
        each.add("three ")
    assert text_of(entries(server)) == "one "
    each._republish_at = 0
    each.add("four")
    assert text_of(entries(server)) == each.text == "one two three four"


def test_the_text_of_an_attempt_that_gave_up_is_discarded(server: redis.Redis) -> None:
    each = writer(is_held=lambda: False)
    each.add("half")
    redis_stream.discard(reply_id=REPLY, attempt=1)
    assert text_of(entries(server)) == ""
    with pytest.raises(Fenced):
        each.add("late")
    next_one = writer(2)
    next_one.add("whole")
    assert text_of(entries(server)) == "whole"


def test_an_entry_is_stored_and_published_or_neither(server: redis.Redis) -> None:
    with server.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(stream_key(REPLY))
        old = writer(is_held=lambda: False)
        writer(2)
        with pytest.raises(Fenced):
            old.add("late")
        writer(3)  # Redis keeps the order: an earlier message has come by now, or never will
        received: list[str] = []
        give_up_at = time.monotonic() + 60
        while "3-1" not in received and time.monotonic() < give_up_at:
            if message := pubsub.get_message(timeout=1):  # None for the subscription too
                received.append(str(parse_message(message["data"]).id))
    assert received == ["1-1", "2-1", "3-1"]


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "a-1", "1-1-1", "99999999999-1", "1-2 "])
def test_a_malformed_entry_id_is_refused(text: str) -> None:
    assert EntryId.parse(text) is None
