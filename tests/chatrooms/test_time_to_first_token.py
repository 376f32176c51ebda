"""How long the first chunk of a reply took."""

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

from billing.models import LedgerEntry
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, stopping
from chatrooms.replies.generation import ReplyTimer
from chatrooms.tasks import generate_reply
from gemini import exceptions
from gemini.types import FinishReason, Usage
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.streams import Stream

pytestmark = pytest.mark.django_db
USED = Usage(prompt_tokens=1, output_tokens=2)


class Slow(Stream):
    """Waits before each chunk, and records when each was consumed."""

    def __iter__(self) -> Iterator[str]:
        self.consumed_at: list[float] = []
        for chunk in self.chunks:
            time.sleep(0.3)
            yield chunk
            self.consumed_at.append(time.monotonic())
        if self.error:
            raise self.error


def requested_ago(message: Message, seconds: float) -> Reply:
    """Move the request of the reply into the past."""
    reply = reply_of(message)
    LedgerEntry.objects.filter(pk=reply.unit_id).update(created_at=Now() - timedelta(seconds=seconds))
    return reply


@pytest.mark.parametrize(("error", "status"), [(None, "done"), (exceptions.Blocked(), "failed")])
def test_the_end_saves_the_time_to_the_first_chunk(
    room: Chatroom, send: Callable[..., Message], model: Callable, error: Any, status: str
) -> None:
    message, stream = send(room), Slow("One", "two", error=error)
    model(stream)
    begun = time.monotonic()
    reply = requested_ago(message, 5)
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert reply.status == status
    assert reply.first_token_ms is not None
    assert 5_300 <= reply.first_token_ms <= 5_000 + math.ceil(1000 * (stream.consumed_at[0] - begun))


def test_settling_a_stopped_reply_saves_it(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
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


def test_without_a_chunk_there_is_none(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
    model(Stream(error=exceptions.Blocked()))
    reply = reply_of(send(room))
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert (reply.status, reply.first_token_ms) == ("failed", None)


def test_an_attempt_that_is_retried_saves_none(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
    model(Stream("One", error=exceptions.ConnectionCut()))
    reply = reply_of(send(room))
    generate_reply(reply.pk)
    reply.refresh_from_db()
    assert (reply.status, reply.first_token_ms) == ("queued", None)


def test_a_retry_is_timed_from_the_retry(
    room: Chatroom, send: Callable[..., Message], model: Callable, client: APIClient
) -> None:
    message = send(room)
    model(Stream("One", error=exceptions.Blocked()))
    generate_reply(requested_ago(message, 500).pk)
    Reply.objects.update(created_at=F("created_at") - timedelta(seconds=500))
    assert client.post(f"/message/{message.pk}/retry").status_code == 202
    assert reply_of(message).first_token_ms is None
    model(Stream("One"))
    generate_reply(reply_of(message).pk)
    assert (reply_of(message).first_token_ms or 10**6) < 100_000  # and not the 500 seconds since the first request


def test_saving_it_costs_no_further_statement(room: Chatroom, send: Callable[..., Message]) -> None:
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


def test_the_api_does_not_return_it(room: Chatroom, send: Callable[..., Message], client: APIClient) -> None:
    message = send(room)
    assert "first_token" not in client.get(f"/message/{message.pk}").content.decode()
    assert "first_token" not in client.get(f"/chatroom/{room.pk}").content.decode()
    exported = client.get("/user/me/export")
    assert b"first_token" not in b"".join(exported.streaming_content)


def test_the_time_is_never_negative() -> None:
    timer = ReplyTimer(timedelta(seconds=2))
    assert timer.first_token_ms(None) is None
    assert timer.first_token_ms(timer._claimed_at + 0.25) == 2250
    assert timer.first_token_ms(timer._claimed_at - 10) == 0
