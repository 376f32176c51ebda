"""`?wait=`: the response waits for the reply or for the timeout, and waiting requests never take every thread."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from chatrooms import long_poll
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.models.messages import SETTLED_WITHIN
from chatrooms.replies import stopping
from tests.chatrooms.stops import claimed

pytestmark = pytest.mark.django_db


class Clock:
    """Replaces the module `time`: only sleeping takes time."""

    BEGIN = 1000.0

    def __init__(self) -> None:
        self.now = self.BEGIN

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0, "it would never end"
        self.now += seconds


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Do not sleep; record the durations."""
    slept: list[float] = []
    monkeypatch.setattr(long_poll.time, "sleep", slept.append)
    return slept


def test_the_wait_ends_with_the_reply(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(room)
    polls: list[float] = []

    def sleep(seconds: float) -> None:
        polls.append(seconds)
        if len(polls) == 3:
            Reply.objects.update(status="done", content="Hello")

    monkeypatch.setattr(long_poll.time, "sleep", sleep)
    assert client.get(f"/message/{message.pk}?wait=20").json()["gemini_response"] == "Hello"
    assert len(polls) == 3


def test_the_wait_for_a_stopped_reply_ends_with_its_text(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stopped at once, and its text is saved a moment later."""
    message = send(room)
    reply, _ = claimed(message)
    stopping.stop(message_id=message.pk)
    monkeypatch.setattr(long_poll.time, "sleep", lambda _: stopping.keep_stopped(reply=reply, text="One"))
    assert client.get(f"/message/{message.pk}?wait=20").json()["gemini_response"] == "One"


def test_a_reply_that_was_stopped_without_text_is_not_waited_for(
    client: APIClient, room: Chatroom, send: Callable[..., Message], asleep: list[float]
) -> None:
    message = send(room)
    claimed(message)
    stopping.stop(message_id=message.pk)
    Reply.objects.update(finished_at=Now() - SETTLED_WITHIN)
    assert client.get(f"/message/{message.pk}?wait=20").json()["reply"]["status"] == "stopped"
    assert asleep == []


def test_the_wait_ends_with_the_timeout(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    message, clock = send(room), Clock()
    monkeypatch.setattr(long_poll, "time", clock)
    body = client.get(f"/message/{message.pk}?wait=0.3").json()
    assert body["reply"]["status"] == "queued"
    assert clock.now == pytest.approx(Clock.BEGIN + 0.3)


@pytest.mark.parametrize("query", ["", "?wait=0"])
def test_a_request_without_a_wait_returns_at_once(
    client: APIClient, room: Chatroom, send: Callable[..., Message], asleep: list[float], query: str
) -> None:
    message = send(room)
    assert client.get(f"/message/{message.pk}{query}").status_code == 200
    assert asleep == []


@pytest.mark.parametrize("wait", ["26", "-1", "x", "NaN", "inf", "1e9"])
def test_a_bad_wait_is_refused_and_sends_nothing(client: APIClient, room: Chatroom, wait: str) -> None:
    response = client.post(f"/chatroom/{room.pk}/message?wait={wait}", {"content": "Hello"})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "wait")
    assert not Message.objects.exists()


def test_a_send_waits_too(client: APIClient, room: Chatroom, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(_: float) -> None:
        Reply.objects.update(status="done", content="Hello")

    monkeypatch.setattr(long_poll.time, "sleep", sleep)
    response = client.post(f"/chatroom/{room.pk}/message?wait=5", {"content": "Hi"})
    assert (response.status_code, response.json()["gemini_response"]) == (202, "Hello")


def test_a_request_without_a_free_slot_returns_at_once(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch, asleep: list[Any]
) -> None:
    monkeypatch.setattr(long_poll, "_slots", threading.BoundedSemaphore(1))
    assert long_poll._slots.acquire(blocking=False)
    message = send(room)
    assert client.get(f"/message/{message.pk}?wait=20").json()["reply"]["status"] == "queued"
    assert asleep == []


def test_a_slot_is_released(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    free = long_poll._slots._value
    client.get(f"/message/{message.pk}?wait=0.1")
    assert long_poll._slots._value == free


def test_threads_are_reserved_for_other_requests(settings: Any) -> None:
    assert settings.WEB_THREADS - long_poll._slots._initial_value == long_poll.RESERVED_THREADS
