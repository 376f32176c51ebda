"""Stopping a reply: at once, with the text that was published, and a refund if there is none."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import redis
from django.db import connection, transaction
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import DailyUsage, LedgerEntry
from chatrooms import conversation, redis_stream, stream_entries
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, reaper, stopping
from chatrooms.tasks import generate_reply
from gemini.types import FinishReason, Usage
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.stops import claimed, stop, take_redis_away
from tests.chatrooms.streams import Stream
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.django_db
USED = Usage(prompt_tokens=7, output_tokens=3, estimated=True)


def units(user_id: int) -> int:
    used: int = DailyUsage.objects.get(user_id=user_id).used
    assert sum(LedgerEntry.objects.filter(user_id=user_id).values_list("amount", flat=True)) == used
    return used


def test_stopping_a_queued_reply_costs_nothing(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    answer = stop(client, message)
    assert answer.status_code == 200
    assert answer.json()["reply"]["status"] == "stopped"
    assert answer.json()["gemini_response"] == ""
    assert answer.json()["stream_url"] is None
    assert units(room.user_id) == 0
    assert lifecycle.claim(reply_id=reply_of(message).pk) is None


def test_published_text_is_kept_and_costs_its_unit(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    reply, writer = claimed(message)
    writer.add("One two")
    assert stop(client, message).json()["gemini_response"] == "One two"
    with pytest.raises(redis_stream.Fenced):
        writer.add(" three")
    assert writer.text == "One two"
    assert stopping.settle(reply=reply, text=writer.text, model="m", usage=USED)
    after = reply_of(message)
    assert (after.status, after.content, after.model) == ("stopped", "One two", "m")
    assert (after.prompt_tokens, after.output_tokens, after.tokens_estimated) == (7, 3, True)
    assert after.lease_until is None
    assert units(room.user_id) == 1


def test_before_the_first_chunk_the_unit_is_refunded_once(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    reply, _ = claimed(message)
    assert stop(client, message).json()["gemini_response"] == ""
    assert units(room.user_id) == 0
    assert stopping.settle(reply=reply, text="", model="m", usage=USED)
    assert not stopping.settle(reply=reply, text="", model="m", usage=USED)
    assert units(room.user_id) == 0


def test_a_late_end_of_the_worker_changes_nothing(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    reply, writer = claimed(message)
    writer.add("One")
    stop(client, message)
    assert not lifecycle.finish(reply=reply, text="One two", model="m", finish_reason=FinishReason.STOP, usage=USED)
    assert not lifecycle.fail(reply=reply, error="blocked", retryable=False, usage=USED)
    assert (reply_of(message).status, reply_of(message).content) == ("stopped", "One")


def test_the_worker_knows_the_text_that_redis_has_lost(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    reply, writer = claimed(message)
    writer.add("One")
    redis_stream.delete([reply.pk])
    assert stop(client, message).json()["gemini_response"] == ""
    assert units(room.user_id) == 1  # not known yet
    stopping.settle(reply=reply, text="One", model="m", usage=USED)
    assert reply_of(message).content == "One"
    assert units(room.user_id) == 1


def refuse_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Redis accept only starts and ends."""
    append = redis_stream._append

    def refuse(*, event: stream_entries.Event, **rest: Any) -> bool:
        if event is stream_entries.Event.DELTA:
            raise redis.RedisError
        return append(event=event, **rest)

    monkeypatch.setattr(redis_stream, "_append", refuse)


def test_after_the_refund_the_worker_adds_no_text(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    reply, _ = claimed(message)
    assert stop(client, message).json()["gemini_response"] == ""
    stopping.settle(reply=reply, text="One", model="m", usage=USED)
    assert (reply_of(message).content, units(room.user_id)) == ("", 0)


def test_a_worker_saves_only_the_text_that_redis_accepted(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopped(Stream):
        def __iter__(self) -> Iterator[str]:
            yield "One"
            refuse_pieces(monkeypatch)
            yield " two"
            take_redis_away(monkeypatch)  # Redis is unavailable
            conversation.stop(user_id=room.user_id, message_id=message.pk)
            yield " three"

    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda _: Stopped())
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert (reply_of(message).status, reply_of(message).content) == ("stopped", "One")
    assert units(room.user_id) == 1


@pytest.mark.parametrize("is_away", [True, False])
def test_text_that_redis_never_accepted_costs_nothing(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch, is_away: bool
) -> None:
    class Stopped(Stream):
        def __iter__(self) -> Iterator[str]:
            yield "One"
            conversation.stop(user_id=room.user_id, message_id=message.pk)
            yield " two"

    refuse_pieces(monkeypatch)
    if is_away:
        take_redis_away(monkeypatch)
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda _: Stopped())
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert (reply_of(message).status, reply_of(message).content) == ("stopped", "")
    assert reply_of(message).lease_until is None
    assert units(room.user_id) == 0


def test_the_reaper_settles_for_a_dead_worker(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> None:
    spoke, silent = send(room), send(Chatroom.objects.create(user_id=room.user_id, name="other"))
    claimed(spoke)[1].add("One two three")
    dead, _ = claimed(silent)
    redis_stream.delete([dead.pk])
    for message in (spoke, silent):
        stop(client, message)
    Reply.objects.unsettled().update(lease_until=Now() - timedelta(seconds=1))
    reaper.reap()
    assert not Reply.objects.unsettled().exists()
    assert (reply_of(spoke).content, reply_of(spoke).tokens_estimated) == ("One two three", True)
    assert reply_of(spoke).output_tokens
    assert units(room.user_id) == 1


def test_a_stopped_call_uses_a_slot_until_it_is_closed(
    client: APIClient, room: Chatroom, send: Callable[..., Message], set_tier: Callable[..., None]
) -> None:
    set_tier(parallel_replies=1)
    message, other = send(room), send(Chatroom.objects.create(user_id=room.user_id, name="other"))
    reply, _ = claimed(message)
    stop(client, message)
    assert lifecycle.claim(reply_id=reply_of(other).pk) is None
    stopping.settle(reply=reply, text="", model="m", usage=USED)
    assert lifecycle.claim(reply_id=reply_of(other).pk) is not None


@pytest.mark.parametrize("status", ["done", "failed", "stopped"])
def test_a_finished_reply_cannot_be_stopped(
    client: APIClient, room: Chatroom, send: Callable[..., Message], status: str
) -> None:
    message = send(room)
    Reply.objects.update(status=status, content="text", error="blocked" if status == "failed" else "")
    answer = stop(client, message)
    assert (answer.status_code, answer.json()["code"]) == (409, "reply_is_final")
    assert (reply_of(message).status, reply_of(message).content) == (status, "text")
    assert units(room.user_id) == 1


def test_the_next_message_of_the_room_may_start(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    first, second = send(room), send(room)
    claimed(first)
    assert lifecycle.claim(reply_id=reply_of(second).pk) is None
    stop(client, first)
    assert lifecycle.claim(reply_id=reply_of(second).pk) is not None


def test_the_text_of_a_failed_attempt_is_not_kept(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    reply, writer = claimed(message)
    writer.add("Half an ans")
    assert lifecycle.fail(reply=reply, error="connection_cut", retryable=True, usage=USED)
    assert stop(client, message).json()["gemini_response"] == ""
    assert units(room.user_id) == 0


def test_stopping_works_without_redis(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(room)
    reply, writer = claimed(message)
    writer.add("One")
    take_redis_away(monkeypatch)
    assert stop(client, message).json()["reply"]["status"] == "stopped"
    stopping.settle(reply=reply, text="One", model="m", usage=USED)
    assert reply_of(message).content == "One"
    assert conversation.delete_failed(user_id=room.user_id) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["settle", "keep_stopped"])
def test_ending_a_stopped_reply_locks_the_user_first(room: Chatroom, send: Callable[..., Message], by: str) -> None:
    """In the other order it could deadlock with a retry, which locks the user first and then the reply."""
    message = send(room)
    reply, _ = claimed(message)
    with transaction.atomic():
        User.touch_rooms(room.user_id)
        stopping.stop(message_id=message.pk)

    def end() -> None:
        try:
            if by == "settle":
                stopping.settle(reply=reply, text="", model="m", usage=USED)
            else:
                stopping.keep_stopped(reply=reply, text="")
        finally:
            connection.close()

    other = Thread(target=end)
    with transaction.atomic():
        User.touch_rooms(room.user_id)
        other.start()
        wait_for_a_waiter()
        assert Reply.objects.select_for_update(nowait=True).get(pk=reply.pk).status == "stopped"
    other.join(60)
    assert units(room.user_id) == 0
