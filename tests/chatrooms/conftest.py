"""People, rooms and messages, made as the API makes them."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User
from billing.models import Tier
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, Message, Reply

_numbers = iter(range(10_000_000, 99_999_999))


@pytest.fixture
def make_user(db: None) -> Callable[[], User]:
    return lambda: User.objects.create_user(f"+9198{next(_numbers)}")


@pytest.fixture
def user(make_user: Callable[[], User]) -> User:
    return make_user()


@pytest.fixture
def stranger(make_user: Callable[[], User]) -> User:
    return make_user()


@pytest.fixture
def client_of() -> Callable[[User], APIClient]:
    def make(user: User) -> APIClient:
        client = APIClient()
        session = sessions.start(user=user, method=Session.Method.CODE, user_agent="")
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.pair_of(session).access}")
        return client

    return make


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


@pytest.fixture
def set_tier(db: None) -> Callable[..., None]:
    """Change what Basic may."""

    def change(**values: object) -> None:
        Tier.objects.filter(slug=Tier.BASIC).update(**values)

    return change
