"""Claims, ends and leases: the life of a reply, change by change."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from billing.models import Entitlement, Tier
from chatrooms import rooms
from chatrooms.exceptions import TooManyWaiting
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, reaper
from tests.chatrooms.conftest import USAGE, cannot_be_claimed, claim, expire_lease, finish, reply_of, values

pytestmark = pytest.mark.django_db


def test_a_reply_is_claimed_once(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    reply = claim(message)
    assert (reply.status, reply.attempt) == ("generating", 1)
    assert lifecycle.claim(reply_id=reply.pk) is None
    assert values(reply, "attempt") == (1,)


def test_finishing_saves_the_text_and_the_tokens(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert finish(reply)
    names = ("status", "content", "model", "finish_reason", "prompt_tokens", "output_tokens", "lease_until", "error")
    assert values(reply, *names) == ("done", "Answer", "m-1", "stop", 3, 5, None, "")
    assert None not in values(reply, "started_at", "finished_at")


def test_a_late_writer_changes_nothing(room: Chatroom, send: Callable[..., Message]) -> None:
    late = claim(send(room))
    expire_lease(late)
    reaper.reap()
    now = claim(late.question)
    assert now.attempt == 2
    assert finish(late, "late") is False
    assert lifecycle.fail(reply=late, error="blocked", retryable=False, usage=USAGE) is False
    assert lifecycle.fail(reply=late, error="provider_timeout", retryable=True, usage=USAGE) is False
    assert lifecycle.hand_back(reply=late) is False
    assert lifecycle.renew(held=[late]) == set()
    assert values(now, "status", "content", "attempt") == ("generating", "", 2)
    assert finish(now, "right")
    assert finish(now, "again") is False
    assert values(now, "content") == ("right",)


def test_replies_of_a_room_are_claimed_in_order(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    first, second = reply_of(send(room)), reply_of(send(room))
    assert lifecycle.claim(reply_id=second.pk) is None
    running = claim(first.question)
    assert lifecycle.claim(reply_id=second.pk) is None
    published.clear()
    finish(running)
    assert published == [second.pk], "the end of one gives the next to a worker"
    assert lifecycle.claim(reply_id=second.pk) is not None


def test_a_failed_reply_lets_the_next_of_its_room_start(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    first, second = send(room), send(room)
    running = claim(first)
    assert lifecycle.claim(reply_id=reply_of(second).pk) is None
    published.clear()
    lifecycle.fail(reply=running, error="blocked", retryable=False, usage=USAGE)
    assert published == [reply_of(second).pk]


def test_a_user_generates_at_most_as_many_as_the_tier_allows(
    alice: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=alice.pk, name=str(number))) for number in range(4)]
    running = [claim(message) for message in messages[:2]]
    assert cannot_be_claimed(*messages[2:])
    published.clear()
    finish(running[0])
    assert published == [reply_of(messages[2]).pk], "only the reply that has waited longest gets the free slot"
    assert lifecycle.claim(reply_id=reply_of(messages[2]).pk) is not None
    assert lifecycle.claim(reply_id=reply_of(messages[3]).pk) is None


def test_a_reply_whose_task_is_queued_is_not_published_again(
    alice: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=alice.pk, name=str(number))) for number in range(3)]
    running = claim(messages[0])
    published.clear()
    finish(running)
    assert published == []


def test_a_pro_user_generates_eight_at_once(alice: User, send: Callable[..., Message]) -> None:
    Entitlement.objects.create(user=alice, grant_until=Now() + timedelta(days=1))
    messages = [send(rooms.create(user_id=alice.pk, name=str(number))) for number in range(9)]
    assert [lifecycle.claim(reply_id=reply_of(message).pk) is not None for message in messages] == [True] * 8 + [False]


def test_each_user_has_a_limit_of_their_own(alice: User, mallory: User, send: Callable[..., Message]) -> None:
    Tier.objects.update(parallel_replies=1)
    mine, theirs = (send(rooms.create(user_id=who.pk, name="x")) for who in (alice, mallory))
    assert claim(mine)
    assert claim(theirs)


def test_handing_back_spends_no_retry_and_publishes_the_reply(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    reply = claim(send(room))
    published.clear()
    assert lifecycle.hand_back(reply=reply)
    assert values(reply, "status", "retries_left", "lease_until") == ("queued", 3, None)
    assert published == [reply.pk]
    assert claim(reply.question).attempt == 2


def test_renewing_drops_an_older_attempt_of_the_same_worker(room: Chatroom, send: Callable[..., Message]) -> None:
    overtaken = claim(send(room))
    expire_lease(overtaken)
    reaper.reap()
    current = claim(overtaken.question)
    assert lifecycle.renew(held=[overtaken, current]) == {(current.pk, 2)}


def test_a_deleted_room_frees_its_slot(alice: User, send: Callable[..., Message], published: list[int]) -> None:
    messages = [send(rooms.create(user_id=alice.pk, name=str(number))) for number in range(4)]
    claimed = [claim(message) for message in messages[:2]]
    assert cannot_be_claimed(*messages[2:])
    published.clear()
    rooms.delete(user_id=alice.pk, room_id=claimed[0].room_id)
    assert published == [reply_of(messages[2]).pk]


def test_renewing_keeps_only_the_replies_still_held(alice: User, send: Callable[..., Message]) -> None:
    kept, lost = (claim(send(rooms.create(user_id=alice.pk, name=str(number)))) for number in range(2))
    for reply in (kept, lost):
        expire_lease(reply)
    Reply.objects.filter(pk=lost.pk).update(attempt=2)
    assert lifecycle.renew(held=[kept, lost]) == {(kept.pk, 1)}
    assert Reply.objects.filter(lease_until__gt=Now()).get().pk == kept.pk


def test_finishing_a_reply_of_a_deleted_room_writes_nothing(
    alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    reply = claim(send(room))
    rooms.delete(user_id=alice.pk, room_id=room.pk)
    assert finish(reply) is False
    assert Message.objects.count() == 0


def test_the_database_refuses_two_generating_in_a_room(room: Chatroom, send: Callable[..., Message]) -> None:
    send(room)
    send(room)
    with pytest.raises(IntegrityError, match="reply_one_generating_per_room"), transaction.atomic():
        Reply.objects.update(status="generating", lease_until=Now())


def test_a_refused_send_publishes_nothing(room: Chatroom, send: Callable[..., Message], published: list[int]) -> None:
    Tier.objects.update(waiting_replies=1)
    send(room)
    published.clear()
    with pytest.raises(TooManyWaiting):
        send(room)
    assert published == []
    assert Reply.objects.count() == 1
