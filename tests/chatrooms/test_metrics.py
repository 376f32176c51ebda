"""The metrics of replies and of their queue."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from billing import budget
from billing.gauges import tokens_today
from billing.models import ServiceUsage
from chatrooms import conversation, gauges
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, reaper, stopping
from chatrooms.tasks import generate_reply
from config.infrastructure import circuit_breaker
from gemini import breakers, exceptions
from gemini.types import Usage
from tests.billing.model_calls import call
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.streams import Stream
from tests.conftest import counted as value

pytestmark = pytest.mark.django_db
USED = Usage(prompt_tokens=1, output_tokens=2)

Rises = Callable[..., None]


def test_a_reply_is_counted_once_with_its_times(
    room: Chatroom, send: Callable[..., Message], model: Callable, rises: Rises, django_capture_on_commit_callbacks: Any
) -> None:
    rises("kuvaka_replies_total", end="done", code="")
    rises("kuvaka_reply_first_token_seconds_count")
    rises("kuvaka_answer_seconds_count")
    rises("kuvaka_answer_tokens_per_second_count")
    rises("kuvaka_generations_in_flight", by=0)
    model(Stream("One"))
    reply_id = reply_of(send(room)).pk
    with django_capture_on_commit_callbacks(execute=True):
        generate_reply(reply_id)
        generate_reply(reply_id)


def test_a_reply_is_in_flight_while_it_is_generated(
    room: Chatroom, send: Callable[..., Message], model: Callable
) -> None:
    seen = []

    class Watching(Stream):
        def __iter__(self) -> Iterator[str]:
            seen.append(value("kuvaka_generations_in_flight"))
            yield "One"

    model(Watching())
    before = value("kuvaka_generations_in_flight")
    generate_reply(reply_of(send(room)).pk)
    assert seen == [before + 1]


def test_failures_and_retries_are_counted_by_their_code(
    room: Chatroom, send: Callable[..., Message], model: Callable, rises: Rises, django_capture_on_commit_callbacks: Any
) -> None:
    rises("kuvaka_replies_total", end="failed", code="blocked")
    rises("kuvaka_reply_tries_put_off_total", code="connection_cut")
    reply_id = reply_of(send(room)).pk
    with django_capture_on_commit_callbacks(execute=True):
        model(Stream(error=exceptions.ConnectionCut()))
        generate_reply(reply_id)
        Reply.objects.filter(pk=reply_id).update(next_attempt_at=Now())
        model(Stream(error=exceptions.Blocked()))
        generate_reply(reply_id)


def test_a_stopped_reply_is_counted_once(
    room: Chatroom, send: Callable[..., Message], rises: Rises, django_capture_on_commit_callbacks: Any
) -> None:
    rises("kuvaka_replies_total", end="stopped", code="")
    rises("kuvaka_reply_first_token_seconds_count")
    message = send(room)
    claimed = lifecycle.claim(reply_id=reply_of(message).pk)
    assert claimed
    with django_capture_on_commit_callbacks(execute=True):
        conversation.stop(user_id=room.user_id, message_id=message.pk)
    settled = [stopping.settle(reply=claimed[0], text="One", model="m", usage=USED, first_token_ms=5) for _ in range(2)]
    assert settled == [True, False]


def test_a_late_end_and_a_lost_lease_are_counted(room: Chatroom, send: Callable[..., Message], rises: Rises) -> None:
    rises("kuvaka_leases_lost_total")
    rises("kuvaka_replies_fenced_total")
    rises("kuvaka_reaps_total")
    claimed = lifecycle.claim(reply_id=reply_of(send(room)).pk)
    assert claimed
    Reply.objects.update(lease_until=Now() - timedelta(seconds=1))
    reaper.reap()
    assert not lifecycle.fail(reply=claimed[0], error="blocked", retryable=False, usage=USED)


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"daily_messages": 0}, "quota_exceeded"), ({"waiting_replies": 1}, "too_many_waiting")],
)
def test_a_refused_send_is_counted_by_its_code(
    room: Chatroom,
    send: Callable[..., Message],
    client: APIClient,
    set_tier: Callable[..., None],
    rises: Rises,
    limits: dict[str, int],
    code: str,
) -> None:
    send(room)
    rises("kuvaka_quota_refusals_total", code=code)
    set_tier(**limits)
    assert client.post(f"/chatroom/{room.pk}/message", {"content": "Hi"}).status_code == 429


def test_a_spent_budget_is_counted(room: Chatroom, client: APIClient, settings: Any, rises: Rises) -> None:
    rises("kuvaka_quota_refusals_total", code="service_budget_reached")
    settings.DAILY_TOKEN_CEILING = 0
    assert client.post(f"/chatroom/{room.pk}/message", {"content": "Hi"}).status_code == 503


def test_breakers_report_when_a_server_or_model_last_failed(settings: Any) -> None:
    begun = time.time()
    redis = circuit_breaker.breaker_of("a-server:6379")
    redis.failed()
    first = value("kuvaka_server_failed_timestamp_seconds", server="a-server:6379")
    redis.failed()
    assert begun <= first < value("kuvaka_server_failed_timestamp_seconds", server="a-server:6379") <= time.time()
    redis.succeeded()
    assert value("kuvaka_server_failed_timestamp_seconds", server="a-server:6379") == 0
    settings.GEMINI_BREAKER_FAILURES = 1
    model = breakers.breaker_for_model("a-model")
    for _ in range(2):
        before = time.time()
        with pytest.raises(exceptions.ProviderTimeout), model.record_outcome(has_fallback=False):
            raise exceptions.ProviderTimeout
        assert value("kuvaka_model_failed_timestamp_seconds", model="a-model") >= before
    with model.record_outcome(has_fallback=False):
        pass
    assert value("kuvaka_model_failed_timestamp_seconds", model="a-model") == 0


@pytest.mark.usefixtures("frozen_clock")
def test_the_queue_is_as_old_as_its_oldest_reply_to_start(room: Chatroom, send: Callable[..., Message]) -> None:
    assert gauges.queue_age() == 0
    waiting = reply_of(send(room))
    Reply.objects.filter(pk=waiting.pk).update(next_attempt_at=Now() - timedelta(seconds=40))
    parked, later = reply_of(send(room)), reply_of(send(room))
    Reply.objects.filter(pk=parked.pk).update(is_parked=True, next_attempt_at=Now() - timedelta(seconds=400))
    Reply.objects.filter(pk=later.pk).update(next_attempt_at=Now() + timedelta(seconds=20))
    assert gauges.queue_age() == pytest.approx(40)
    assert gauges.unfinished() == {"queued": 3, "generating": 0}


def test_todays_tokens_are_reported() -> None:
    assert tokens_today() == 0
    budget.add(user_id=0, calls=[call(3, 4)])
    assert (tokens_today(), ServiceUsage.objects.count()) == (7, 1)
