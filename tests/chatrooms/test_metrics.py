"""What is counted of a reply's life, and how long its first piece took."""

import math
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from billing import budget
from billing.metrics import tokens_today
from billing.models import LedgerEntry, ServiceUsage
from chatrooms import conversation, metrics
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, reaper, stopping
from chatrooms.replies.generation import ReplyTimer
from chatrooms.tasks import generate_reply
from config.infrastructure import circuit_breaker
from gemini import breakers, exceptions
from gemini.types import FinishReason, Usage
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.streams import Stream
from tests.conftest import counted as value

pytestmark = pytest.mark.django_db
USED = Usage(prompt_tokens=1, output_tokens=2)


Rises = Callable[..., None]


class Slow(Stream):
    """Says its first piece after a while, and takes as long for the second; keeps when each was taken."""

    def __iter__(self) -> Iterator[str]:
        self.taken_at: list[float] = []
        for piece in self.pieces:
            time.sleep(0.3)
            yield piece
            self.taken_at.append(time.monotonic())
        if self.error:
            raise self.error


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    return lambda stream: monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda prompt: stream)


def asked_ago(message: Message, seconds: float) -> Reply:
    """Let the reply have been asked for so long ago."""
    reply = reply_of(message)
    LedgerEntry.objects.filter(pk=reply.unit_id).update(created_at=Now() - timedelta(seconds=seconds))
    return reply


# --- The first piece --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "status"), [(None, "done"), (exceptions.Blocked(), "failed")])
def test_the_end_keeps_how_long_the_first_piece_took_from_the_asking(
    room: Chatroom, send: Callable[..., Message], model: Callable, error: Any, status: str
) -> None:
    message, stream = send(room), Slow("One", "two", error=error)
    model(stream)
    begun = time.monotonic()
    reply = asked_ago(message, 5)
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert reply.status == status
    assert reply.first_token_ms is not None
    assert 5_300 <= reply.first_token_ms <= 5_000 + math.ceil(1000 * (stream.taken_at[0] - begun))


def test_a_stopped_reply_keeps_it_when_its_worker_settles(
    room: Chatroom, send: Callable[..., Message], model: Callable
) -> None:
    message = send(room)

    class Stopping(Slow):
        def __iter__(self) -> Iterator[str]:
            yield "One"
            stopping.stop(message_id=message.pk)
            raise exceptions.Cancelled

    model(Stopping())
    generate_reply(reply_of(message).pk)
    reply = reply_of(message)
    assert (reply.status, reply.content) == ("stopped", "One")
    assert reply.first_token_ms is not None


def test_without_a_piece_there_is_none(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
    model(Stream(error=exceptions.Blocked()))
    reply = reply_of(send(room))
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert (reply.status, reply.first_token_ms) == ("failed", None)


def test_a_try_that_is_repeated_leaves_none_behind(
    room: Chatroom, send: Callable[..., Message], model: Callable
) -> None:
    model(Stream("One", error=exceptions.ConnectionCut()))
    reply = reply_of(send(room))
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert (reply.status, reply.first_token_ms) == ("queued", None)


def test_a_retry_counts_from_the_retry(
    room: Chatroom, send: Callable[..., Message], model: Callable, client: APIClient
) -> None:
    message = send(room)
    model(Stream("One", error=exceptions.Blocked()))
    generate_reply(asked_ago(message, 500).pk)
    Reply.objects.update(created_at=F("created_at") - timedelta(seconds=500))
    assert client.post(f"/message/{message.pk}/retry").status_code == 202
    assert reply_of(message).first_token_ms is None
    model(Stream("One"))
    generate_reply(reply_of(message).pk)
    assert (reply_of(message).first_token_ms or 10**6) < 100_000  # and not the 500 seconds since it was first asked for


def test_it_is_written_with_the_end_and_costs_no_statement_of_its_own(
    room: Chatroom, send: Callable[..., Message]
) -> None:
    counts = []
    for first_token_ms in (None, 700):
        claimed = lifecycle.claim(reply_id=reply_of(send(room)).pk)
        assert claimed
        with CaptureQueriesContext(connection) as queries:
            lifecycle.finish(
                reply=claimed[0],
                text="Yes",
                model="m",
                finish_reason=FinishReason.STOP,
                usage=USED,
                first_token_ms=first_token_ms,
            )
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_api_tells_nothing_of_it(room: Chatroom, send: Callable[..., Message], client: APIClient) -> None:
    message = send(room)
    assert "first_token" not in client.get(f"/message/{message.pk}").content.decode()
    assert "first_token" not in client.get(f"/chatroom/{room.pk}").content.decode()
    exported = client.get("/user/me/export")
    assert b"first_token" not in b"".join(exported.streaming_content)


def test_no_piece_came_before_it_was_asked_for() -> None:
    pace = ReplyTimer(timedelta(seconds=2))
    assert pace.first_token_ms(None) is None
    assert pace.first_token_ms(pace._claimed_at + 0.25) == 2250
    assert pace.first_token_ms(pace._claimed_at - 10) == 0


# --- Counted ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_counted_once_with_its_times(
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


def test_it_is_in_flight_while_it_is_generated(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
    seen = []

    class Watching(Stream):
        def __iter__(self) -> Iterator[str]:
            seen.append(value("kuvaka_generations_in_flight"))
            yield "One"

    model(Watching())
    before = value("kuvaka_generations_in_flight")
    generate_reply(reply_of(send(room)).pk)
    assert seen == [before + 1]


def test_a_failure_is_counted_by_its_code_and_a_repeated_try_apart(
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


def test_a_stopped_reply_is_counted_once_however_it_settles(
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


def test_breakers_say_when_what_they_leave_alone_last_failed(settings: Any) -> None:
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


# --- The queue --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clock_stands")
def test_the_queues_age_is_that_of_the_oldest_reply_that_waits_for_a_worker(
    room: Chatroom, send: Callable[..., Message]
) -> None:
    assert metrics.queue_age() == 0
    waiting = reply_of(send(room))
    Reply.objects.filter(pk=waiting.pk).update(next_attempt_at=Now() - timedelta(seconds=40))
    parked, later = reply_of(send(room)), reply_of(send(room))
    Reply.objects.filter(pk=parked.pk).update(is_parked=True, next_attempt_at=Now() - timedelta(seconds=400))
    Reply.objects.filter(pk=later.pk).update(next_attempt_at=Now() + timedelta(seconds=20))
    assert metrics.queue_age() == pytest.approx(40)
    assert metrics.unfinished() == {"queued": 3, "generating": 0}


def test_todays_tokens_are_told() -> None:
    assert tokens_today() == 0
    budget.add(user_id=0, prompt_tokens=3, output_tokens=4)
    assert (tokens_today(), ServiceUsage.objects.count()) == (7, 1)
