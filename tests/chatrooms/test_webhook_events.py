"""What a user's webhooks are told of replies and the quota, and in whose transaction."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.models import EventType, User, WebhookDelivery
from accounts.webhooks import endpoints, outbox
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply, Status
from chatrooms.replies import lifecycle
from tests.chatrooms.conftest import USAGE, claim, finish, reply_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _unpublished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "publish", lambda task: True)


@pytest.fixture
def endpoint(alice: User) -> endpoints.Shown:
    """One that wants everything."""
    return endpoints.make(user_id=alice.pk, url="https://example.com/", event_types=list(EventType))


def told() -> list[tuple[str, dict[str, Any]]]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("event_type", "data"))


def ids(message: Message) -> dict[str, Any]:
    reply = reply_of(message)
    return {
        "user_id": message.user_id,
        "chatroom_id": message.room_id,
        "message_id": message.pk,
        "reply_id": reply.pk,
    }


def fail(reply: Reply) -> bool:
    return lifecycle.fail(reply=reply, error="blocked", retryable=False, usage=USAGE)


@pytest.mark.usefixtures("endpoint")
def test_the_end_of_a_reply_is_told_with_ids_alone(room: Chatroom, send: Callable[..., Message]) -> None:
    done, failed, stopped = (send(room, f"A secret {number}") for number in range(3))
    finish(claim(done), text="Another secret")
    assert fail(claim(failed))
    conversation.stop(user_id=room.user_id, message_id=stopped.pk)
    assert told() == [
        ("reply.done", ids(done)),
        ("reply.failed", ids(failed) | {"error": "blocked"}),
        ("reply.stopped", ids(stopped)),
    ]
    assert "ecret" not in str(WebhookDelivery.objects.values())


@pytest.mark.usefixtures("endpoint")
def test_a_retry_is_not_an_end(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    assert lifecycle.fail(reply=reply, error="rate_limited", retryable=True, usage=USAGE)
    assert told() == []


@pytest.mark.usefixtures("endpoint")
def test_a_worker_that_lost_the_reply_tells_nothing(room: Chatroom, send: Callable[..., Message]) -> None:
    reply = claim(send(room))
    Reply.objects.filter(pk=reply.pk).update(attempt=reply.attempt + 1)
    assert not finish(reply)
    assert told() == []


def test_what_is_rolled_back_was_not_told(
    room: Chatroom, send: Callable[..., Message], endpoint: endpoints.Shown
) -> None:
    reply = claim(send(room))
    with transaction.atomic():
        finish(reply)
        assert len(told()) == 1
        transaction.set_rollback(True)
    assert told() == []
    assert Reply.objects.get(pk=reply.pk).status == Status.GENERATING


def test_the_last_unit_of_the_day_is_told(
    client: APIClient, room: Chatroom, set_tier: Callable[..., None], endpoint: endpoints.Shown
) -> None:
    set_tier(daily_messages=2)
    url = f"/chatroom/{room.pk}/message"
    codes = []
    for number in range(3):
        codes.append(client.post(url, {"content": "Hello"}).status_code)
        assert len(told()) == max(0, min(number, 1))
    assert codes == [202, 202, 429]
    [(kind, data)] = told()
    assert (kind, data["user_id"], data["limit"]) == ("quota.exhausted", room.user_id, 2)


def test_who_has_no_endpoint_costs_no_statement(
    alice: User, room: Chatroom, send: Callable[..., Message], set_tier: Callable[..., None]
) -> None:
    """The statements of a finish and of the last send are the same; with an endpoint there is one more."""
    set_tier(daily_messages=1)
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        message = send(room)
        finish(claim(message))
    assert [sql for sql in statements if "INSERT INTO accounts_webhookdelivery" in sql] == []
    without = len(statements)
    set_tier(daily_messages=2)
    endpoints.make(user_id=alice.pk, url="https://example.com/", event_types=list(EventType))
    statements.clear()
    with connection.execute_wrapper(note):
        message = send(room)
        finish(claim(message))
    assert len(statements) == without + 2, "one for quota.exhausted, one for reply.done"
    assert [kind for kind, _ in told()] == ["quota.exhausted", "reply.done"]


def test_a_disabled_endpoint_costs_no_row(
    room: Chatroom, send: Callable[..., Message], endpoint: endpoints.Shown
) -> None:
    endpoints.change(user_id=room.user_id, endpoint_id=endpoint.endpoint.pk, enabled=False)
    finish(claim(send(room)))
    assert told() == []
