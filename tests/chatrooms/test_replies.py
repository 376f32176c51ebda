"""The life of a reply, change by change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from billing.models import Entitlement, Tier
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, reaper
from tests.chatrooms.conftest import USAGE, claim, finish, reply_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The replies given to workers, instead of giving them."""
    taken: list[int] = []
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda task, reply_id: taken.append(reply_id) or True)
    monkeypatch.setattr("django.db.transaction.on_commit", lambda job, **_: job())
    return taken


def refuse(*messages: Message) -> None:
    for message in messages:
        assert lifecycle.claim(reply_id=reply_of(message).pk) is None


def expire(reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk).update(lease_until=Now() - timedelta(seconds=1))


def values(reply: Reply, *names: str) -> tuple[Any, ...]:
    return Reply.objects.values_list(*names).get(pk=reply.pk)


def test_a_claim_takes_the_reply_once(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    reply = claim(message)
    assert (reply.status, reply.attempt) == ("generating", 1)
    assert lifecycle.claim(reply_id=reply.pk) is None
    assert values(reply, "attempt") == (1,)


def test_a_finished_reply_keeps_its_answer_and_its_cost(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert finish(reply)
    names = ("status", "content", "model", "finish_reason", "prompt_tokens", "output_tokens", "lease_until", "error")
    assert values(reply, *names) == ("done", "Answer", "m-1", "stop", 3, 5, None, "")
    assert None not in values(reply, "started_at", "finished_at")


def test_a_late_writer_changes_nothing(room: Chatroom, send: Callable[..., Message]) -> None:
    late = claim(send(room))
    expire(late)
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


def test_replies_of_a_room_are_taken_in_order(
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


def test_a_user_has_no_more_at_once_than_the_tier_allows(
    user: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=user.pk, name=str(number))) for number in range(4)]
    running = [claim(message) for message in messages[:2]]
    refuse(*messages[2:])
    published.clear()
    finish(running[0])
    assert published == [reply_of(messages[2]).pk], "the free place is offered to who waits longest, and to nobody else"
    assert lifecycle.claim(reply_id=reply_of(messages[2]).pk) is not None
    assert lifecycle.claim(reply_id=reply_of(messages[3]).pk) is None


def test_a_reply_whose_task_is_still_to_come_is_not_published_twice(
    user: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=user.pk, name=str(number))) for number in range(3)]
    running = claim(messages[0])
    published.clear()
    finish(running)
    assert published == []


def test_a_parked_reply_is_found_by_the_reaper_if_nobody_woke_it(
    room: Chatroom, send: Callable[..., Message], published: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = send(room), send(room)
    running = claim(first)
    refuse(second)
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: False)
    finish(running)
    monkeypatch.undo()
    monkeypatch.setattr(
        "chatrooms.replies.publishing.publish", lambda task, reply_id: published.append(reply_id) or True
    )
    published.clear()
    assert reaper.reap() == (0, 1)
    assert published == [reply_of(second).pk]


def test_pro_has_more_at_once(user: User, send: Callable[..., Message]) -> None:
    Entitlement.objects.create(user=user, grant_until=Now() + timedelta(days=1))
    messages = [send(rooms.create(user_id=user.pk, name=str(number))) for number in range(9)]
    assert [lifecycle.claim(reply_id=reply_of(message).pk) is not None for message in messages] == [True] * 8 + [False]


def test_the_limit_of_one_user_is_not_anothers(user: User, stranger: User, send: Callable[..., Message]) -> None:
    Tier.objects.update(parallel_replies=1)
    mine, theirs = (send(rooms.create(user_id=who.pk, name="x")) for who in (user, stranger))
    assert claim(mine)
    assert claim(theirs)


def test_a_retryable_failure_is_put_off_and_costs_a_try(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert lifecycle.fail(reply=reply, error="rate_limited", retryable=True, retry_after=20, usage=USAGE)
    assert values(reply, "status", "retries_left", "error", "content") == ("queued", 2, "", "")
    assert lifecycle.claim(reply_id=reply.pk) is None, "not before the time that the vendor named"
    assert Reply.objects.filter(pk=reply.pk, next_attempt_at__gt=Now() + timedelta(seconds=19)).exists()


def test_the_third_retryable_failure_is_final(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    for _ in range(3):
        Reply.objects.update(next_attempt_at=Now())
        reply = claim(message)
        lifecycle.fail(reply=reply, error="provider_overloaded", retryable=True, usage=USAGE)
    assert values(reply, "status", "error", "attempt") == ("failed", "provider_overloaded", 3)
    assert lifecycle.claim(reply_id=reply.pk) is None


def test_a_vendor_that_asks_for_too_long_fails_the_reply(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    lifecycle.fail(reply=reply, error="rate_limited", retryable=True, retry_after=31, usage=USAGE)
    assert values(reply, "status", "error") == ("failed", "rate_limited")


def test_a_final_failure_spends_no_further_try(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    lifecycle.fail(reply=reply, error="blocked", retryable=False, usage=USAGE)
    assert values(reply, "status", "error", "prompt_tokens", "content") == ("failed", "blocked", 3, "")


def test_a_handed_back_reply_costs_no_try_and_is_given_on(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    reply = claim(send(room))
    published.clear()
    assert lifecycle.hand_back(reply=reply)
    assert values(reply, "status", "retries_left", "lease_until") == ("queued", 3, None)
    assert published == [reply.pk]
    assert claim(reply.question).attempt == 2


def test_the_reaper_leaves_a_living_lease_alone(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert reaper.reap() == (0, 0)
    assert values(reply, "status", "attempt", "retries_left") == ("generating", 1, 3)


def test_the_reaper_gives_what_a_dead_worker_held_to_another(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    reply = claim(send(room))
    expire(reply)
    published.clear()
    assert reaper.reap() == (1, 1)
    assert published == [reply.pk]
    assert values(reply, "status", "retries_left") == ("queued", 2)
    assert reaper.reap() == (0, 0), "a second run finds nothing to do"


def test_a_reply_that_kills_its_workers_fails_at_last(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    for _ in range(3):
        reply = claim(message)
        expire(reply)
        reaper.reap()
    assert values(reply, "status", "error") == ("failed", "worker_lost")


def test_a_lease_renewed_in_the_last_moment_is_left_alone(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = claim(send(room))
    expire(reply)
    lose = reaper._end_expired_lease

    def renew_first(seen: Reply) -> None:
        lifecycle.renew(held=[reply])
        lose(seen)

    monkeypatch.setattr("chatrooms.replies.reaper._end_expired_lease", renew_first)
    for tries in (3, 1):
        Reply.objects.update(retries_left=tries)
        expire(reply)
        reaper.reap()
        assert values(reply, "status", "retries_left", "error") == ("generating", tries, "")


def test_an_attempt_of_the_same_worker_that_was_overtaken_is_not_kept(
    room: Chatroom, send: Callable[..., Message]
) -> None:
    overtaken = claim(send(room))
    expire(overtaken)
    reaper.reap()
    current = claim(overtaken.question)
    assert lifecycle.renew(held=[overtaken, current]) == {(current.pk, 2)}


def test_a_reply_that_is_put_off_gives_its_place_to_another_room(
    user: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=user.pk, name=str(number))) for number in range(4)]
    first, _ = [claim(message) for message in messages[:2]]
    refuse(*messages[2:])
    published.clear()
    lifecycle.fail(reply=first, error="rate_limited", retryable=True, retry_after=20, usage=USAGE)
    assert published == [reply_of(messages[2]).pk]


def test_a_deleted_room_gives_its_place_to_another(
    user: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=user.pk, name=str(number))) for number in range(4)]
    claimed = [claim(message) for message in messages[:2]]
    refuse(*messages[2:])
    published.clear()
    rooms.delete(user_id=user.pk, room_id=claimed[0].room_id)
    assert published == [reply_of(messages[2]).pk]


def test_the_reaper_publishes_what_was_never_taken(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    first, second = reply_of(send(room)), reply_of(send(room))
    published.clear()
    assert reaper.reap() == (0, 0), "not yet: it was published a moment ago"
    Reply.objects.update(publish_at=Now() - timedelta(seconds=1))
    assert reaper.reap() == (0, 1)
    assert published == [first.pk], "the second of the room has to wait for the first"
    assert second.pk not in published
    assert reaper.reap() == (0, 0), "it is given time to be taken"


def test_the_reaper_keeps_what_redis_does_not_take(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = reply_of(send(room))
    Reply.objects.update(publish_at=Now() - timedelta(seconds=1))
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: False)
    assert reaper.reap() == (0, 0)
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: True)
    assert reaper.reap() == (0, 1)
    assert values(reply, "status") == ("queued",)


def test_renewing_keeps_only_what_is_still_held(user: User, send: Callable[..., Message]) -> None:
    kept, lost = (claim(send(rooms.create(user_id=user.pk, name=str(number)))) for number in range(2))
    for reply in (kept, lost):
        expire(reply)
    Reply.objects.filter(pk=lost.pk).update(attempt=2)
    assert lifecycle.renew(held=[kept, lost]) == {(kept.pk, 1)}
    assert Reply.objects.filter(lease_until__gt=Now()).get().pk == kept.pk


def test_a_reply_whose_room_was_deleted_ends_without_writing(
    user: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    reply = claim(send(room))
    rooms.delete(user_id=user.pk, room_id=room.pk)
    assert finish(reply) is False
    assert Message.objects.count() == 0


def test_the_database_itself_refuses_two_at_once_in_a_room(room: Chatroom, send: Callable[..., Message]) -> None:
    send(room)
    send(room)
    with pytest.raises(IntegrityError, match="reply_one_generating_per_room"), transaction.atomic():
        Reply.objects.update(status="generating", lease_until=Now())


def test_a_refused_send_publishes_nothing(room: Chatroom, send: Callable[..., Message], published: list[int]) -> None:
    from chatrooms.exceptions import TooManyWaiting

    Tier.objects.update(waiting_replies=1)
    send(room)
    published.clear()
    with pytest.raises(TooManyWaiting):
        send(room)
    assert published == []
    assert Reply.objects.count() == 1


def test_no_two_pauses_before_another_try_are_alike(
    room: Chatroom, send: Callable[..., Message], set_clock: Callable[[datetime], None]
) -> None:
    """Many that fail together do not come back together; later pauses are longer."""
    moment = datetime.now(UTC)
    pauses: dict[int, list[float]] = {3: [], 2: []}
    for _ in range(4):
        set_clock(moment)
        message = send(room)
        for retries_left, kept in pauses.items():
            reply = claim(message)
            assert reply.retries_left == retries_left
            assert lifecycle.fail(reply=reply, error="provider_timeout", retryable=True, usage=USAGE)
            [next_attempt_at] = values(reply, "next_attempt_at")
            kept.append((next_attempt_at - moment).total_seconds())
            Reply.objects.filter(pk=reply.pk).update(next_attempt_at=moment)
        Reply.objects.all().delete()
    assert all(len(set(kept)) > 2 for kept in pauses.values()), pauses
    assert all(0.8 <= pause <= 1.4 for pause in pauses[3]), pauses
    assert all(2.4 <= pause <= 4.2 for pause in pauses[2]), pauses
