"""Erasing an account deletes its rooms, and no worker writes to them afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from redis import Redis
from rest_framework.test import APIClient

from accounts import tasks
from accounts.exceptions import SessionEnded
from accounts.models import User
from accounts.personal_data import ErasureStep, Phase, erasure, registry
from chatrooms import conversation, rooms
from chatrooms.erasure import delete_conversations, end_replies, forget_lists
from chatrooms.models import Chatroom, Message, Reply, Status
from chatrooms.replies import generation, lifecycle, reaper, worker_leases
from config.infrastructure import circuit_breaker
from tests.chatrooms.conftest import claim, finish, reply_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    taken: list[int] = []
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda task, reply_id: taken.append(reply_id) or True)
    return taken


def erase(user: User) -> None:
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"


def rows_of(user: User) -> list[dict[str, Any]]:
    return [
        *Chatroom.objects.filter(user=user).order_by("pk").values(),
        *Message.objects.filter(user=user).order_by("pk").values(),
    ]


def lists_in_redis() -> list[str]:
    with Redis.from_url(settings.REDIS_URL) as client:
        return sorted(key.decode() for key in client.scan_iter("*rooms:*"))


def test_rooms_and_messages_are_deleted_and_a_strangers_are_not(
    alice: User, mallory: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    finish(claim(send(room)))
    send(room, "another")
    theirs = rooms.create(user_id=mallory.pk, name="theirs")
    finish(claim(send(theirs)))
    claim(send(theirs, "being answered"))
    send(theirs, "waiting")
    before = rows_of(mallory)
    assert len(before) == 7
    erase(alice)
    assert rows_of(alice) == []
    assert rows_of(mallory) == before


def test_a_queued_reply_of_an_erased_account_is_not_claimed(
    alice: User, mallory: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    waiting = reply_of(send(room))
    theirs = reply_of(send(rooms.create(user_id=mallory.pk, name="theirs")))
    erasure.begin(user_id=alice.pk)
    end_replies(user_id=alice.pk)
    assert lifecycle.claim(reply_id=waiting.pk) is None
    assert list(Reply.objects.values_list("pk", flat=True)) == [theirs.pk]
    assert not Message.objects.filter(role="user", replies=None).exists()


def test_a_reply_under_way_writes_nothing_after_the_erasure(
    alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    reply = claim(send(room))
    erase(alice)
    assert finish(reply) is False
    assert lifecycle.renew(held=[reply]) == set()
    assert lifecycle.hand_back(reply=reply) is False
    for retryable in (True, False):
        assert lifecycle.fail(reply=reply, error="blocked", retryable=retryable, usage=generation.NOTHING_USED) is False
    assert not Message.objects.exists()


def test_a_reply_that_finishes_after_the_first_step_is_refused(
    alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    finish(claim(send(room)))
    reply = claim(send(room))
    kept = list(Message.objects.exclude(pk__in=[reply.pk, reply.question.pk]).order_by("pk").values())
    erasure.begin(user_id=alice.pk)
    end_replies(user_id=alice.pk)
    assert finish(reply) is False
    assert list(Message.objects.order_by("pk").values()) == kept


def test_a_worker_notices_the_erasure_when_it_renews_its_lease(
    alice: User, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = claim(send(room))
    leases = worker_leases.Leases()
    monkeypatch.setattr(leases, "_start_thread", lambda: None)
    with leases.hold(reply):
        leases._renew()
        leases.check(reply)
        erase(alice)
        leases._renew()
        with pytest.raises(worker_leases.ReplyNotHeld):
            leases.check(reply)


def test_until_the_first_step_workers_and_reaper_go_on(
    alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    lost, done = claim(send(room)), claim(send(rooms.create(user_id=alice.pk, name="second")))
    erasure.begin(user_id=alice.pk)
    Reply.objects.filter(pk=lost.pk).update(lease_until=Now() - timedelta(seconds=1), retries_left=1)
    assert reaper.reap()[0] == 1
    assert finish(done)
    assert set(Reply.objects.values_list("status", flat=True)) == {Status.FAILED, Status.DONE}
    assert tasks.erase(alice.pk) == "done"
    assert not Message.objects.exists()


def test_a_change_authenticated_before_the_mark_is_refused_after(
    alice: User, room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    send(room)
    erasure.begin(user_id=alice.pk)
    before = rows_of(alice)
    for change in (
        lambda: conversation.send(user_id=alice.pk, room_id=room.pk, content="late"),
        lambda: conversation.delete_failed(user_id=alice.pk),
        lambda: rooms.create(user_id=alice.pk, name="late"),
        lambda: rooms.change(user_id=alice.pk, room_id=room.pk, name="late"),
        lambda: rooms.delete(user_id=alice.pk, room_id=room.pk),
    ):
        with pytest.raises(SessionEnded):
            change()
    assert rows_of(alice) == before
    assert tasks.erase(alice.pk) == "done"
    with pytest.raises(SessionEnded):
        rooms.create(user_id=alice.pk, name="later still")
    assert published == []


def test_only_the_erased_users_cached_lists_are_deleted(
    client: APIClient, client_of: Callable[[User], APIClient], alice: User, mallory: User, room: Chatroom
) -> None:
    client.get("/chatroom")
    client.patch(f"/chatroom/{room.pk}", {"name": "renamed"})
    client.get("/chatroom")
    client_of(mallory).get("/chatroom")
    assert len(lists_in_redis()) == 3
    erase(alice)
    [left] = lists_in_redis()
    assert f"rooms:{mallory.pk}:" in left


def test_an_unavailable_redis_delays_nothing(
    client: APIClient, alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    client.get("/chatroom")
    send(room)
    for state in circuit_breaker._breakers.values():
        state.failed()
    assert circuit_breaker._breakers, "the cache went through no breaker"
    erase(alice)
    assert not User.objects.filter(pk=alice.pk).exists()


def test_conversations_are_deleted_though_a_later_step_fails(
    client: APIClient, alice: User, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*, user_id: int) -> None:
        raise ConnectionError

    monkeypatch.setattr(registry, "erasure_steps", list(registry.erasure_steps))
    registry.register(erase=[ErasureStep(Phase.RECORDS, "fail", fail)])
    client.get("/chatroom")
    send(room)
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "postponed"
    assert (rows_of(alice), lists_in_redis()) == ([], [])
    assert User.objects.filter(pk=alice.pk).exists()


def test_conversations_are_kept_while_an_earlier_step_fails(
    alice: User, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*, user_id: int) -> None:
        raise ConnectionError

    monkeypatch.setattr(registry, "erasure_steps", list(registry.erasure_steps))
    registry.register(erase=[ErasureStep(Phase.BILLING, "fail", fail)])
    send(room)
    before = rows_of(alice)
    erasure.begin(user_id=alice.pk)
    assert tasks.erase(alice.pk) == "postponed"
    assert rows_of(alice) == before


def test_the_steps_can_be_repeated(alice: User, room: Chatroom, send: Callable[..., Message]) -> None:
    finish(claim(send(room)))
    for step in (end_replies, delete_conversations, forget_lists) * 2:
        step(user_id=alice.pk)
    assert rows_of(alice) == []


def test_a_long_history_is_deleted_in_batches(
    alice: User, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.personal_data.retention.BATCH", 2)
    for number in range(5):
        finish(claim(send(room, str(number))))
    with CaptureQueriesContext(connection) as queries:
        delete_conversations(user_id=alice.pk)
    deletions = [query["sql"] for query in queries if query["sql"].startswith('DELETE FROM "chatrooms_message"')]
    assert len(deletions) >= 3
    assert max(sql.count(",") + 1 for sql in deletions) <= 4, "two messages with a reply each"
    assert rows_of(alice) == []
