"""Users, rooms and messages, made as the API makes them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import Session, User, WebhookDelivery
from accounts.webhooks import endpoints, outbox
from billing.models import Tier
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, File, Message, Reply
from chatrooms.replies import lifecycle, titles_and_summaries
from gemini.types import FinishReason, Usage
from tests import factories
from tests.chatrooms.scripted_model import ScriptedModel
from tests.clients import make_api_key, signed_in

USAGE = Usage(prompt_tokens=3, output_tokens=5)


@pytest.fixture
def make_user(db: None) -> Callable[[], User]:
    return factories.make_user


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    return signed_in


@pytest.fixture
def client(client_of: Callable[[User], APIClient], alice: User) -> APIClient:
    return client_of(alice)


@pytest.fixture
def room(alice: User) -> Chatroom:
    return rooms.create(user_id=alice.pk, name="Room")


@pytest.fixture
def send(alice: User) -> Callable[..., Message]:
    """Send to a room and return the message with its reply, without publishing anything."""

    def make(room: Chatroom, content: str = "Hello") -> Message:
        sent = conversation.send(user_id=room.user_id, room_id=room.pk, content=content)
        return Message.objects.with_reply().get(pk=sent.pk)

    return make


def reply_of(message: Message) -> Reply:
    return Reply.objects.get(answers=message, is_current=True)


def claim(message: Message) -> Reply:
    claimed = lifecycle.claim(reply_id=reply_of(message).pk)
    assert claimed is not None
    return claimed[0]


def finish(reply: Reply, text: str = "Answer") -> bool:
    return lifecycle.finish(reply=reply, text=text, model="m-1", finish_reason=FinishReason.STOP, usage=USAGE)


@pytest.fixture
def set_tier(db: None) -> Callable[..., None]:
    """Change the Basic tier."""

    def change(**values: object) -> None:
        Tier.objects.filter(slug=Tier.BASIC).update(**values)

    return change


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The replies that would be published to workers."""
    reply_ids: list[int] = []
    monkeypatch.setattr(
        "chatrooms.replies.publishing.publish", lambda task, reply_id: reply_ids.append(reply_id) or True
    )
    monkeypatch.setattr("django.db.transaction.on_commit", lambda job, **_: job())
    return reply_ids


def expire_lease(reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk).update(lease_until=Now() - timedelta(seconds=1))


def values(reply: Reply, *names: str) -> tuple[Any, ...]:
    return Reply.objects.values_list(*names).get(pk=reply.pk)


def cannot_be_claimed(*messages: Message) -> bool:
    """Try to claim the replies, which parks them."""
    claimed = [lifecycle.claim(reply_id=reply_of(message).pk) for message in messages]
    return not any(claimed)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Have the next prompt return this stream; the connection of the test's transaction stays open."""
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    return lambda stream: monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda prompt: stream)


@pytest.fixture
def room_model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The model that finds titles and writes summaries."""
    made = ScriptedModel()
    monkeypatch.setattr(titles_and_summaries, "stream_reply", made)
    monkeypatch.setattr("chatrooms.replies.titles_and_summaries.connections.close_all", lambda: None)
    return made


@pytest.fixture
def room_tasks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The tasks for titles and summaries that would be published."""
    tasks: list[tuple[Any, ...]] = []
    monkeypatch.setattr(titles_and_summaries, "publish", lambda *task: tasks.append(task))
    return tasks


@pytest.fixture
def say(send: Callable[..., Message]) -> Callable[..., Message]:
    """Send a message that has its reply at once."""

    def make(room: Chatroom, message: str = "What is a monsoon?", reply: str = "Rain.") -> Message:
        sent = send(room, message)
        Reply.objects.filter(answers=sent).update(status="done", content=reply)
        return sent

    return make


@pytest.fixture
def exchange(send: Callable[..., Message]) -> Callable[..., Message]:
    """Send a message whose reply has this text and this status."""

    def make(room: Chatroom, question: str, reply: str = "", status: str = "done") -> Message:
        message = send(room, question)
        Reply.objects.filter(answers=message).update(status=status, content=reply)
        return message

    return make


@pytest.fixture
def ids(alice: User, client: APIClient, room: Chatroom, send: Callable[..., Message]) -> dict[str, Any]:
    """The ids of one object of each kind; all belong to the user."""
    file = File.objects.create(
        user=alice, name="note.txt", kind="text", mime_type="text/plain", size=1, key="files/1", state="ready"
    )
    shown = endpoints.make(user_id=alice.pk, url="https://example.com/", event_types=[])
    delivery = outbox.tell_test(endpoint_id=shown.endpoint.pk, user_id=alice.pk)
    WebhookDelivery.objects.update(status="delivered", next_attempt_at=None, ended_at=Now())
    return {
        "endpoint_id": shown.endpoint.pk,
        "delivery_id": delivery.pk,
        "room_id": room.pk,
        "chat_id": room.pk,
        "message_id": send(room).pk,
        "session_id": Session.objects.get(user=alice).pk,
        "file_id": file.pk,
        "key_id": make_api_key(alice).id,
        "response_id": client.post("/v1/responses", {"input": "Hello", "background": True}).json()["id"],
        "model": settings.GEMINI_MODEL,
    }
