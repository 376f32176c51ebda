"""A reply under way, and stopping it, for the tests of stops."""

from typing import Any

import pytest
import redis
from rest_framework.test import APIClient

from chatrooms import redis_stream
from chatrooms.models import Message, Reply
from chatrooms.redis_stream import StreamWriter
from chatrooms.replies import lifecycle
from tests.chatrooms.conftest import reply_of


def claimed(message: Message) -> tuple[Reply, StreamWriter]:
    found = lifecycle.claim(reply_id=reply_of(message).pk)
    assert found is not None
    reply = found[0]
    writer = StreamWriter(
        reply_id=reply.pk, attempt=reply.attempt, is_held=lambda: not lifecycle.no_longer_held(held=[reply])
    )
    writer.start()
    return reply, writer


def stop(client: APIClient, message: Message) -> Any:
    return client.post(f"/message/{message.pk}/stop")


def take_redis_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing can be added to a stream."""

    def refuse(**_: Any) -> bool:
        raise redis.ConnectionError

    monkeypatch.setattr(redis_stream, "_append", refuse)
