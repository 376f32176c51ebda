"""The cached room list: never stale, never another user's, and optional."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms import rooms
from chatrooms.models import Chatroom, Message
from chatrooms.replies import lifecycle
from config.infrastructure import circuit_breaker
from gemini.types import FinishReason, Usage
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db


def queries_about_rooms(client: APIClient) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get("/chatroom").status_code == 200
    return sum('FROM "chatrooms_chatroom"' in query["sql"] for query in queries)


def test_a_repeated_list_does_not_query_the_rooms(client: APIClient, room: Chatroom) -> None:
    assert queries_about_rooms(client) == 1
    assert queries_about_rooms(client) == 0


def test_every_change_shows_at_once(
    client: APIClient, alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    def listed() -> list[tuple[str, str]]:
        return [(each["name"], each["updated_at"]) for each in client.get("/chatroom").json()]

    def fresh() -> list[tuple[str, str]]:
        cache.clear()
        return listed()

    for change in (
        lambda: client.post("/chatroom", {"name": "second"}),
        lambda: client.patch(f"/chatroom/{room.pk}", {"name": "renamed"}),
        lambda: client.delete(f"/chatroom/{rooms.create(user_id=alice.pk, name='third').pk}"),
        lambda: send(room),
    ):
        listed()
        change()
        assert listed() == fresh()
    message = Message.objects.get(role="user")
    claimed, _ = lifecycle.claim(reply_id=reply_of(message).pk) or (None, None)
    assert claimed is not None
    listed()
    lifecycle.finish(
        reply=claimed,
        text="Hi",
        model="m",
        finish_reason=FinishReason.STOP,
        usage=Usage(prompt_tokens=1, output_tokens=1),
    )
    assert listed() == fresh()


def test_two_users_never_see_each_others_list(
    client_of: Callable[[User], APIClient], alice: User, mallory: User
) -> None:
    rooms.create(user_id=alice.pk, name="mine")
    rooms.create(user_id=mallory.pk, name="theirs")
    mine, theirs = client_of(alice), client_of(mallory)
    for _ in range(100):
        assert [each["name"] for each in mine.get("/chatroom").json()] == ["mine"]
        assert [each["name"] for each in theirs.get("/chatroom").json()] == ["theirs"]


def test_without_redis_the_list_comes_from_the_database(client: APIClient, room: Chatroom) -> None:
    client.get("/chatroom")
    for state in circuit_breaker._breakers.values():
        state.failed()
    assert circuit_breaker._breakers, "the cache went through no breaker"
    assert queries_about_rooms(client) == 1
