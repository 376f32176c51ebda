"""The reaper takes replies from dead workers and publishes what no worker claimed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, reaper
from tests.chatrooms.conftest import cannot_be_claimed, claim, expire_lease, finish, reply_of, values

pytestmark = pytest.mark.django_db


def test_the_reaper_publishes_a_parked_reply_that_was_missed(
    room: Chatroom, send: Callable[..., Message], published: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = send(room), send(room)
    running = claim(first)
    assert cannot_be_claimed(second)
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: False)
    finish(running)
    monkeypatch.undo()
    monkeypatch.setattr(
        "chatrooms.replies.publishing.publish", lambda task, reply_id: published.append(reply_id) or True
    )
    published.clear()
    assert reaper.reap() == (0, 1)
    assert published == [reply_of(second).pk]


def test_the_reaper_ignores_a_current_lease(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert reaper.reap() == (0, 0)
    assert values(reply, "status", "attempt", "retries_left") == ("generating", 1, 3)


def test_the_reaper_publishes_the_replies_of_a_dead_worker(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    reply = claim(send(room))
    expire_lease(reply)
    published.clear()
    assert reaper.reap() == (1, 1)
    assert published == [reply.pk]
    assert values(reply, "status", "retries_left") == ("queued", 2)
    assert reaper.reap() == (0, 0), "a second run finds nothing to do"


def test_a_reply_fails_after_three_dead_workers(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    for _ in range(3):
        reply = claim(message)
        expire_lease(reply)
        reaper.reap()
    assert values(reply, "status", "error") == ("failed", "worker_lost")


def test_the_reaper_ignores_a_lease_renewed_since_it_looked(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = claim(send(room))
    expire_lease(reply)
    lose = reaper._end_expired_lease

    def renew_first(seen: Reply) -> None:
        lifecycle.renew(held=[reply])
        lose(seen)

    monkeypatch.setattr("chatrooms.replies.reaper._end_expired_lease", renew_first)
    for retries in (3, 1):
        Reply.objects.update(retries_left=retries)
        expire_lease(reply)
        reaper.reap()
        assert values(reply, "status", "retries_left", "error") == ("generating", retries, "")


def test_the_reaper_publishes_replies_that_were_not_claimed(
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


def test_the_reaper_tries_again_what_redis_did_not_accept(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = reply_of(send(room))
    Reply.objects.update(publish_at=Now() - timedelta(seconds=1))
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: False)
    assert reaper.reap() == (0, 0)
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: True)
    assert reaper.reap() == (0, 1)
    assert values(reply, "status") == ("queued",)
