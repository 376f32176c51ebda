"""Generating a reply: every outcome of the call is written, and only by the attempt that holds the reply."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from django.db import DataError, IntegrityError, OperationalError

from billing import budget
from billing.models import DailyUsage, ServiceUsage
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, worker_leases
from chatrooms.tasks import generate_reply
from gemini import exceptions
from gemini.types import Prompt
from tests.billing.model_calls import call
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.streams import Stream, vendor_calls

pytestmark = pytest.mark.django_db


def row(message: Message) -> Reply:
    return Reply.objects.get(answers=message)


def test_a_reply_is_saved_whole(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
    stream = Stream("Hel", "lo")
    model(stream)
    message = send(room)
    generate_reply(reply_of(message).pk)
    reply = row(message)
    assert (reply.status, reply.content, reply.model) == ("done", "Hello", "model-that-answered")
    assert (reply.prompt_tokens, reply.output_tokens, reply.finish_reason) == (7, 9, "stop")
    assert stream.closed


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (exceptions.Blocked(), "failed", "blocked"),
        (exceptions.ProviderAuth(), "failed", "provider_auth"),
        (exceptions.ConnectionCut(), "queued", ""),
        (exceptions.ProviderRateLimited(retry_after=5), "queued", ""),
        (exceptions.ProviderRateLimited(retry_after=500), "failed", "rate_limited"),
        (RuntimeError("a bug, with a secret in its message"), "queued", ""),
    ],
)
def test_a_failure_in_mid_stream_saves_no_text(
    room: Chatroom, send: Callable[..., Message], model: Callable, error: Exception, status: str, code: str
) -> None:
    stream = Stream("half an ", "ans", error=error)
    model(stream)
    message = send(room)
    generate_reply(reply_of(message).pk)
    reply = row(message)
    assert (reply.status, reply.error, reply.content) == (status, code, "")
    assert stream.closed


def test_a_worker_that_lost_its_lease_stops_reading(
    room: Chatroom, send: Callable[..., Message], model: Callable
) -> None:
    read: list[str] = []

    class Losing(Stream):
        def __iter__(self) -> Iterator[str]:
            for chunk in ("one", "two", "three"):
                read.append(chunk)
                if chunk == "two":
                    Reply.objects.update(attempt=5)
                    worker_leases.leases._renew()
                yield chunk

    stream = Losing()
    model(stream)
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert read == ["one", "two"]
    assert stream.closed
    assert stream.cancelled
    assert (row(message).status, row(message).attempt, row(message).content) == ("generating", 5, "")


def test_a_draining_worker_hands_back_what_it_holds(
    room: Chatroom, send: Callable[..., Message], model: Callable
) -> None:
    class Draining(Stream):
        def __iter__(self) -> Iterator[str]:
            yield "one"
            worker_leases.leases._hand_back()
            yield "two"

    model(Draining())
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert (row(message).status, row(message).retries_left, row(message).content) == ("queued", 3, "")


def test_before_the_drain_is_over_nothing_is_handed_back(
    room: Chatroom, send: Callable[..., Message], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REPLY_LEASE, settings.REPLY_DRAIN = timedelta(seconds=3), 3.5  # a renewal every second
    reply = reply_of(send(room))
    beats: list[str] = []
    handed_back = threading.Event()
    monkeypatch.setattr("chatrooms.replies.worker_leases.EXIT_AFTER", 10**6)
    monkeypatch.setattr(
        "chatrooms.replies.lifecycle.renew", lambda held: beats.append("renewed") or {(reply.pk, reply.attempt)}
    )
    monkeypatch.setattr(
        "chatrooms.replies.lifecycle.no_longer_held", lambda held: set()
    )  # its connection sees no uncommitted row
    monkeypatch.setattr("chatrooms.replies.lifecycle.hand_back", lambda reply: handed_back.set() or True)
    own = worker_leases.Leases()
    with own.hold(reply):
        started = time.monotonic()
        own.drain()
        assert handed_back.wait(30)
        assert time.monotonic() - started >= 3.5
    assert "renewed" in beats


def test_a_reply_survives_a_moment_without_the_database(
    room: Chatroom, send: Callable[..., Message], model: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    model(Stream("Hello"))
    real, calls = lifecycle.finish, []

    def away_twice(**values: Any) -> bool:
        calls.append(values)
        if len(calls) < 3:
            raise OperationalError
        return real(**values)

    monkeypatch.setattr("chatrooms.replies.lifecycle.finish", away_twice)
    monkeypatch.setattr("chatrooms.replies.model_call.PAUSE", 0)
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert len(calls) == 3
    assert row(message).content == "Hello"


def test_a_reply_that_the_database_refuses_fails_at_once(
    room: Chatroom, send: Callable[..., Message], model: Callable, logged: io.StringIO
) -> None:
    class Strange(Stream):
        model = "x" * 81
        calls = vendor_calls("model", Stream.spent)  # type: ignore[assignment]

    model(Strange("a secret answer"))
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert (row(message).status, row(message).error, row(message).content) == ("failed", "internal_error", "")
    assert "reply_refused_by_database" in logged.getvalue()
    assert "a secret answer" not in logged.getvalue()


def test_a_task_that_fails_logs_its_exceptions_type_and_no_text(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    def fail(**_: Any) -> None:
        raise IntegrityError("DETAIL: Failing row contains (a secret question)")

    monkeypatch.setattr("chatrooms.replies.lifecycle.claim", fail)
    assert generate_reply.apply(args=[reply_of(send(room)).pk]).failed()
    assert "task_failed" in logged.getvalue()
    assert "IntegrityError" in logged.getvalue()
    assert "a secret question" not in logged.getvalue()


def test_no_connection_is_held_during_the_call(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def close() -> None:
        if threading.current_thread() is threading.main_thread():  # and not the lease thread of another test
            order.append("closed")

    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", close)

    def call(prompt: Prompt) -> Stream:
        order.append("called")
        return Stream("Hello")

    monkeypatch.setattr("chatrooms.replies.generation.stream_reply", call)
    generate_reply(reply_of(send(room)).pk)
    assert order[:2] == ["closed", "called"]


def test_a_repeated_task_changes_nothing(room: Chatroom, send: Callable[..., Message], model: Callable) -> None:
    model(Stream("Hello"))
    message = send(room)
    generate_reply(reply_of(message).pk)
    before = list(Reply.objects.values())
    model(Stream("Another"))
    generate_reply(reply_of(message).pk)
    generate_reply(10**12)
    assert list(Reply.objects.values()) == before


def test_the_clients_request_id_reaches_the_workers_log(
    room: Chatroom, send: Callable[..., Message], model: Callable
) -> None:
    model(Stream("half", error=exceptions.Blocked()))
    with structlog.contextvars.bound_contextvars(request_id="client-chosen-id"):
        message = send(room)
    seen: list[str] = []

    def note(_: object, __: str, event: dict[str, Any]) -> dict[str, Any]:
        seen.append(structlog.contextvars.get_contextvars().get("request_id", ""))
        return event

    logger = structlog.wrap_logger(structlog.ReturnLogger(), processors=[note])
    original, lifecycle.log = lifecycle.log, logger
    try:
        generate_reply(reply_of(message).pk)
    finally:
        lifecycle.log = original
    assert seen == ["client-chosen-id"]


@pytest.mark.parametrize("error", [None, exceptions.Blocked(), exceptions.ProviderRateLimited(), ValueError("odd")])
def test_what_a_call_cost_is_counted_however_it_ended(
    room: Chatroom, send: Callable[..., Message], model: Callable[[Stream], None], error: Exception | None
) -> None:
    model(Stream("a chunk", error=error))
    message = send(room)
    generate_reply(reply_of(message).pk)
    used = DailyUsage.objects.values_list("user_id", "prompt_tokens", "output_tokens").get()
    assert used == (room.user_id, 7, 9)
    assert ServiceUsage.objects.values_list("prompt_tokens", "output_tokens").get() == (7, 9)


def test_after_the_ceiling_is_reached_queued_replies_fail(
    room: Chatroom, send: Callable[..., Message], model: Callable[[Stream], None], settings: Any
) -> None:
    message = send(room)
    stream = Stream("never")
    model(stream)
    settings.DAILY_TOKEN_CEILING = 10
    budget.add(user_id=room.user_id, calls=[call(10, 0)])
    generate_reply(reply_of(message).pk)
    assert (row(message).status, row(message).error) == ("failed", "service_budget_reached")
    assert DailyUsage.objects.get(user=room.user_id).used == 0, "its unit went back"
    assert not stream.closed, "the model was not called"


def test_counts_that_cannot_be_stored_cost_no_reply(
    room: Chatroom, send: Callable[..., Message], model: Callable, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    def refuse(**_: Any) -> None:
        raise DataError

    monkeypatch.setattr("chatrooms.replies.model_call.budget.add", refuse)
    model(Stream("Hello"))
    message = send(room)
    generate_reply(reply_of(message).pk)
    assert (row(message).status, row(message).content) == ("done", "Hello")
    assert "calls_not_counted" in logged.getvalue()
