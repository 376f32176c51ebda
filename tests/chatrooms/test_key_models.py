"""The models of an API key: those of its user's tier that it names."""

from typing import Any

import pytest

from accounts.models import Scope, User
from billing.models import LedgerEntry, Tier
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies.asked import Asked
from tests.clients import with_key

pytestmark = pytest.mark.django_db

FAST, CLEVER, OTHER = "gemini-fast", "gemini-clever", "gemini-other"


@pytest.fixture(autouse=True)
def _tier(alice: User) -> None:
    Tier.objects.update(model_names=[FAST, CLEVER])


def client_for(alice: User, models: list[str] | None) -> Any:
    return with_key(alice, Scope.ROOMS_WRITE, Scope.MESSAGES_WRITE, model_names=models)


def send(alice: User, room: Chatroom, models: list[str] | None) -> tuple[int, list[str]]:
    response = client_for(alice, models).post(f"/chatroom/{room.pk}/message", {"content": "Hello"})
    if response.status_code == 202:
        return 202, []
    assert response.json()["code"] == "model_not_allowed"
    return response.status_code, response.json()["models"]


@pytest.mark.parametrize(
    ("models", "by_first", "by_clever"),
    [
        (None, (202, []), (202, [])),
        ([], (403, []), (403, [])),
        ([FAST], (202, []), (403, [FAST])),
        ([CLEVER, OTHER], (403, [CLEVER]), (202, [])),
        ([OTHER], (403, []), (403, [])),
    ],
)
def test_a_key_sends_where_one_of_its_models_replies(
    alice: User, models: list[str] | None, by_first: tuple[int, list[str]], by_clever: tuple[int, list[str]]
) -> None:
    usual = rooms.create(user_id=alice.pk, name="Room")
    clever = rooms.create(user_id=alice.pk, name="Room", model=CLEVER)
    assert (send(alice, usual, models), send(alice, clever, models)) == (by_first, by_clever)
    accepted = sum(status == 202 for status, _ in (by_first, by_clever))
    assert Message.objects.filter(role="user").count() == LedgerEntry.objects.count() == accepted


@pytest.mark.parametrize("again", ["regenerate", "retry"])
def test_asking_again_takes_one_of_its_models_too(alice: User, again: str) -> None:
    room = rooms.create(user_id=alice.pk, name="Room", model=CLEVER)
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    Reply.objects.update(status="failed", error="blocked")
    path = f"/message/{sent.pk}/{again}"
    assert client_for(alice, [FAST]).post(path).json()["code"] == "model_not_allowed"
    assert client_for(alice, [CLEVER]).post(path).status_code == 202


@pytest.mark.parametrize("again", ["regenerate", "retry", "edit"])
def test_asking_again_takes_the_model_that_was_asked_for(alice: User, again: str) -> None:
    room = rooms.create(user_id=alice.pk, name="Room", model=FAST)
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello", asked=Asked(model=CLEVER))
    Reply.objects.update(status="failed", error="blocked")

    def ask(models: list[str]) -> Any:
        client = client_for(alice, models)
        if again == "edit":
            return client.patch(f"/message/{sent.pk}", {"content": "Hello again"})
        return client.post(f"/message/{sent.pk}/{again}")

    refused = ask([FAST])
    assert (refused.status_code, refused.json()["code"]) == (403, "model_not_allowed")
    assert (Reply.objects.get().status, LedgerEntry.objects.count()) == ("failed", 1)
    assert Message.objects.get(role="user").content == "Hello"
    assert ask([CLEVER]).status_code == 202
    assert Reply.objects.get(is_current=True).asked == {"model": CLEVER}


def test_a_key_gives_a_room_none_but_its_models(alice: User) -> None:
    client = client_for(alice, [FAST, OTHER])
    statuses = [client.post("/chatroom", {"name": "Room", "model": name}).status_code for name in (FAST, CLEVER, OTHER)]
    assert statuses == [201, 403, 403]
    room = Chatroom.objects.get()
    assert client.patch(f"/chatroom/{room.pk}", {"model": CLEVER}).status_code == 403
    room.refresh_from_db()
    assert room.model == FAST
