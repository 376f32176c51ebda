"""People, rooms and messages, made as the API makes them."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Tier
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle
from gemini.types import FinishReason, Usage
from tests import factories
from tests.clients import signed_in

USAGE = Usage(prompt_tokens=3, output_tokens=5)


@pytest.fixture
def make_user(db: None) -> Callable[[], User]:
    return factories.make_user


@pytest.fixture
def user(make_user: Callable[[], User]) -> User:
    return make_user()


@pytest.fixture
def stranger(make_user: Callable[[], User]) -> User:
    return make_user()


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    return signed_in


@pytest.fixture
def client(client_of: Callable[[User], APIClient], user: User) -> APIClient:
    return client_of(user)


@pytest.fixture
def room(user: User) -> Chatroom:
    return rooms.create(user_id=user.pk, name="Room")


@pytest.fixture
def send(user: User) -> Callable[..., Message]:
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
    """Change what Basic may."""

    def change(**values: object) -> None:
        Tier.objects.filter(slug=Tier.BASIC).update(**values)

    return change
