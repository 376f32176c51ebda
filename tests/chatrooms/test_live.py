"""The stream of a reply in Redis: what a worker tells, and what a late one cannot."""

import time
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings

from chatrooms import redis_stream
from chatrooms.redis_stream import LAST, Entry, EntryId, Event, Fenced, Writer, entries_of, text_of

REPLY = 77


@pytest.fixture(autouse=True)
def server() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        client.flushall()
        yield client


def told(server: redis.Redis) -> list[Entry]:
    return entries_of(server.xrange(redis_stream.key_of(REPLY)))


def writer(attempt: int = 1, *, is_held: Callable[[], bool] = lambda: True) -> Writer:
    made = Writer(reply_id=REPLY, attempt=attempt, is_held=is_held)
    made.start()
    return made


def test_pieces_are_told_in_order_with_their_places(server: redis.Redis) -> None:
    each = writer()
    each.add("नम")
    each.add("aste")
    assert [(str(entry.id), entry.event.value, entry.data) for entry in told(server)] == [
        ("1-1", "start", {"attempt": 1}),
        ("1-2", "delta", {"text": "नम", "offset": 0}),
        ("1-3", "delta", {"text": "aste", "offset": 2}),
    ]
    assert text_of(told(server)) == each.text == "नमaste"
    assert 0 < server.ttl(redis_stream.key_of(REPLY)) <= redis_stream.LIVE_SECONDS


def test_a_new_attempt_starts_anew_and_refuses_the_old_one(server: redis.Redis) -> None:
    old = writer(is_held=lambda: False)
    old.add("old")
    new = writer(2)
    new.add("new")
    with pytest.raises(Fenced):
        old.add("late")
    assert [str(entry.id) for entry in told(server)] == ["2-1", "2-2"]
    assert text_of(told(server)) == "new"
    assert old.text == "old"


def test_nothing_follows_the_end(server: redis.Redis) -> None:
    each = writer(is_held=lambda: False)
    each.add("one")
    redis_stream.end(reply_id=REPLY, attempt=1, event=Event.DONE, data={"length": 3})
    with pytest.raises(Fenced):
        each.add("two")
    assert (told(server)[-1].event, told(server)[-1].id) == (Event.DONE, EntryId(1, LAST))
    assert 0 < server.ttl(redis_stream.key_of(REPLY)) <= redis_stream.ENDED_SECONDS


def test_a_stop_returns_what_was_told_and_refuses_the_rest(server: redis.Redis) -> None:
    each = writer(is_held=lambda: False)
    each.add("one ")
    each.add("two")
    assert redis_stream.stop(reply_id=REPLY, attempt=1) == "one two"
    with pytest.raises(Fenced):
        each.add(" three")
    assert told(server)[-1].event is Event.STOPPED


def test_a_stop_before_anything_was_told_knows_nothing(server: redis.Redis) -> None:
    assert redis_stream.stop(reply_id=REPLY, attempt=0) is None
    assert told(server)[-1].event is Event.STOPPED


def test_a_stop_after_the_beginning_was_lost_knows_nothing(server: redis.Redis) -> None:
    each = writer()
    each.add("one")
    server.flushall()
    assert redis_stream.stop(reply_id=REPLY, attempt=1) is None


def test_a_redis_that_came_back_empty_is_told_everything(server: redis.Redis) -> None:
    each = writer()
    each.add("one ")
    server.flushall()
    each.add("two ")
    each.add("three")
    assert [entry.event.value for entry in told(server)] == ["start", "delta", "delta"]
    assert text_of(told(server)) == "one two three"


def test_a_reply_that_was_deleted_leaves_no_text_behind(server: redis.Redis) -> None:
    held = [True]
    each = writer(is_held=lambda: held[0])
    each.add("secret")
    redis_stream.forget([REPLY])
    held[0] = False
    with pytest.raises(Fenced):
        each.add(" more")
    assert server.keys("*") == []


def test_what_an_earlier_database_left_is_no_fence(server: redis.Redis) -> None:
    writer(9).add("of another life")
    each = writer(1, is_held=lambda: True)
    each.add("one ")
    each._again_at = 0
    each.add("two")
    assert text_of(told(server)) == each.text == "one two"


def test_while_redis_is_away_the_answer_goes_on_and_is_told_afterwards(
    server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = writer()
    each.add("one ")

    def away(**_: object) -> bool:
        raise redis.ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(redis_stream, "_append", away)
        each.add("two ")
        each.add("three ")
    assert text_of(told(server)) == "one "
    each._again_at = 0
    each.add("four")
    assert text_of(told(server)) == each.text == "one two three four"


def test_an_attempt_that_gave_up_takes_its_text_back(server: redis.Redis) -> None:
    each = writer(is_held=lambda: False)
    each.add("half")
    redis_stream.drop(reply_id=REPLY, attempt=1)
    assert text_of(told(server)) == ""
    with pytest.raises(Fenced):
        each.add("late")
    next_one = writer(2)
    next_one.add("whole")
    assert text_of(told(server)) == "whole"


def test_an_entry_and_its_message_go_out_together_or_not_at_all(server: redis.Redis) -> None:
    with server.pubsub(ignore_subscribe_messages=True) as follower:
        follower.subscribe(redis_stream.key_of(REPLY))
        old = writer(is_held=lambda: False)
        writer(2)
        with pytest.raises(Fenced):
            old.add("late")
        writer(3)  # Redis keeps the order: what comes before this came, or never will
        heard: list[str] = []
        give_up_at = time.monotonic() + 60
        while "3-1" not in heard and time.monotonic() < give_up_at:
            if message := follower.get_message(timeout=1):  # None for the subscription too
                heard.append(str(redis_stream.entry_of_message(message["data"]).id))
    assert heard == ["1-1", "2-1", "3-1"]


@pytest.mark.parametrize("text", ["", "1", "1-", "-1", "a-1", "1-1-1", "99999999999-1", "1-2 "])
def test_an_id_that_is_none_is_refused(text: str) -> None:
    assert EntryId.parse(text) is None
