"""A failed attempt is repeated later, up to three times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle
from tests.chatrooms.conftest import USAGE, cannot_be_claimed, claim, reply_of, values

pytestmark = pytest.mark.django_db


def test_a_retryable_failure_queues_the_reply_and_spends_a_retry(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert lifecycle.fail(reply=reply, error="rate_limited", retryable=True, retry_after=20, usage=USAGE)
    assert values(reply, "status", "retries_left", "error", "content") == ("queued", 2, "", "")
    assert lifecycle.claim(reply_id=reply.pk) is None, "not before the time that the vendor named"
    assert Reply.objects.filter(pk=reply.pk, next_attempt_at__gt=Now() + timedelta(seconds=19)).exists()


def test_a_long_delay_is_waited_for_and_its_user_sees_why(
    room: Chatroom, send: Callable[..., Message], client: APIClient
) -> None:
    message = send(room)
    reply = claim(message)
    assert lifecycle.fail(reply=reply, error="rate_limited", retryable=True, retry_after=119, usage=USAGE)
    shown = client.get(f"/message/{message.pk}").json()["reply"]
    assert (shown["status"], shown["error"], shown["retry"]["code"]) == ("queued", None, "rate_limited")
    assert datetime.fromisoformat(shown["retry"]["at"]) > datetime.now(UTC) + timedelta(seconds=60)
    Reply.objects.update(next_attempt_at=Now())
    claim(message)
    assert client.get(f"/message/{message.pk}").json()["reply"]["retry"] is None


def test_the_third_retryable_failure_is_final(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    for _ in range(3):
        Reply.objects.update(next_attempt_at=Now())
        reply = claim(message)
        lifecycle.fail(reply=reply, error="provider_overloaded", retryable=True, usage=USAGE)
    assert values(reply, "status", "error", "attempt") == ("failed", "provider_overloaded", 3)
    assert lifecycle.claim(reply_id=reply.pk) is None


def test_a_too_long_retry_after_fails_the_reply(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    lifecycle.fail(reply=reply, error="rate_limited", retryable=True, retry_after=121, usage=USAGE)
    assert values(reply, "status", "error") == ("failed", "rate_limited")


def test_a_final_failure_fails_the_reply_at_once(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    lifecycle.fail(reply=reply, error="blocked", retryable=False, usage=USAGE)
    assert values(reply, "status", "error", "prompt_tokens", "content") == ("failed", "blocked", 3, "")


def test_retry_delays_have_jitter_and_grow(
    room: Chatroom, send: Callable[..., Message], set_clock: Callable[[datetime], None]
) -> None:
    """Replies that fail together are not retried together, and later delays are longer."""
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


def test_a_reply_that_waits_for_a_retry_frees_its_slot(
    alice: User, send: Callable[..., Message], published: list[int]
) -> None:
    messages = [send(rooms.create(user_id=alice.pk, name=str(number))) for number in range(4)]
    first, _ = [claim(message) for message in messages[:2]]
    assert cannot_be_claimed(*messages[2:])
    published.clear()
    lifecycle.fail(reply=first, error="rate_limited", retryable=True, retry_after=20, usage=USAGE)
    assert published == [reply_of(messages[2]).pk]
