"""A stop and the reply's Redis stream: its end comes once the text is saved, whoever saves it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from chatrooms import redis_stream, stream_entries
from chatrooms.models import Chatroom, Message
from chatrooms.replies import stopping
from gemini.types import Usage
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.stops import claimed, stop

pytestmark = pytest.mark.django_db


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
        patch.setattr(redis_stream, "fence", lambda **_: None)
        stop(client, message)
    stopping.settle(reply=reply, text="One", model="m", usage=Usage(prompt_tokens=7, output_tokens=3, estimated=True))
    entries = stream_entries.parse_entries(redis_stream._redis().xrange(stream_entries.stream_key(reply.pk)))
    assert [each.event for each in entries] == ["start", "delta", "stopped"]
