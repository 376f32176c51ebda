"""A stop and the reply's Redis stream: its end comes once the text is saved, whoever saves it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from chatrooms import redis_stream, stream_entries
from chatrooms.models import Chatroom, Message
from chatrooms.replies import lifecycle, stopping
from gemini.types import Usage
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.stops import claimed, stop, take_redis_away

pytestmark = pytest.mark.django_db


def events_of(reply_id: int) -> list[str]:
    found = redis_stream._redis().xrange(stream_entries.stream_key(reply_id))
    return [each.event.value for each in stream_entries.parse_entries(found)]


def test_the_end_is_published_once_the_text_is_saved(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    append, saved = redis_stream._append, []

    def note(*, event: str, **rest: Any) -> bool:
        if event == stream_entries.Event.STOPPED:
            saved.append(reply_of(message).content)
        return append(event=event, **rest)

    message = send(room)
    _, writer = claimed(message)
    writer.add("One")
    monkeypatch.setattr(redis_stream, "_append", note)
    stop(client, message)
    assert saved == ["One"]


def test_the_worker_publishes_a_stop_that_redis_missed(
    client: APIClient, room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = send(room)
    reply, writer = claimed(message)
    writer.add("One")
    with monkeypatch.context() as patch:
        take_redis_away(patch)
        stop(client, message)
    assert events_of(reply.pk) == ["start", "delta"]
    stopping.settle(reply=reply, text="One", model="m", usage=Usage(prompt_tokens=7, output_tokens=3, estimated=True))
    assert events_of(reply.pk) == ["start", "delta", "stopped"]


def test_a_stop_of_a_queued_reply_is_published(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    stop(client, message)
    assert events_of(reply_of(message).pk) == ["stopped"]


def test_a_stop_before_anything_is_published_is_published(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    """It may read the files of a message for seconds."""
    message = send(room)
    assert lifecycle.claim(reply_id=reply_of(message).pk) is not None
    stop(client, message)
    assert events_of(reply_of(message).pk) == ["stopped"]
