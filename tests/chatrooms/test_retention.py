"""`RETAIN_MESSAGES_DAYS`: old messages are deleted, with the summaries that cover them and the empty rooms."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from accounts.personal_data import retention
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply, Revision, Summary
from chatrooms.replies import lifecycle
from gemini.types import FinishReason, Usage
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_week(settings: Any) -> None:
    settings.RETAIN_MESSAGES = timedelta(days=7)


@pytest.fixture
def say(room: Chatroom, send: Callable[..., Message]) -> Callable[..., Message]:
    """Send a message that got its reply so many days ago."""

    def make(days: float, to: Chatroom = room, *, answered: bool = True) -> Message:
        message = send(to, "Hello")
        claimed = lifecycle.claim(reply_id=reply_of(message).pk) if answered else None
        if claimed:
            usage = Usage(prompt_tokens=1, output_tokens=1)
            lifecycle.finish(reply=claimed[0], text="Hi", model="gemini", finish_reason=FinishReason.STOP, usage=usage)
        rows = Message.objects.filter(pk__in=[message.pk, reply_of(message).pk])
        rows.update(created_at=F("created_at") - timedelta(days=days))
        return message

    return make


def purged() -> int:
    return retention.purge()["Message"]


def test_old_messages_are_deleted_with_replies_and_revisions(say: Callable[..., Message]) -> None:
    old, new = say(7.1), say(6.9)
    Revision.objects.create(message=old, content="Helo", written_at=Now())
    assert retention.count()["Message"] == 1
    assert purged() == 3
    assert list(Message.objects.values_list("pk", flat=True).order_by("pk")) == [new.pk, reply_of(new).pk]
    assert not Revision.objects.exists()
    assert purged() == 0


def test_by_default_messages_are_kept_for_ever(say: Callable[..., Message], settings: Any) -> None:
    settings.RETAIN_MESSAGES = None
    say(4000)
    assert "Message" not in retention.purge()
    assert retention.count()["Message"] is None
    assert Message.objects.count() == 2


def test_a_summary_of_deleted_messages_is_deleted(say: Callable[..., Message], room: Chatroom) -> None:
    say(8)
    kept = say(1)
    Summary.objects.create(room=room, content="They said hello.", upto=kept.pk)
    purged()
    assert not Summary.objects.exists()


def test_a_room_without_old_messages_keeps_its_summary(
    say: Callable[..., Message], alice: User, room: Chatroom
) -> None:
    other = rooms.create(user_id=alice.pk, name="Other")
    say(8, other)
    Summary.objects.create(room=room, content="They said hello.", upto=say(1).pk)
    purged()
    assert Summary.objects.get().pk == room.pk


def test_an_old_room_that_becomes_empty_is_deleted(say: Callable[..., Message], room: Chatroom) -> None:
    say(8)
    purged()
    assert Chatroom.objects.exists(), "it was active a moment ago"
    say(8)
    Chatroom.objects.update(updated_at=Now() - timedelta(days=8))
    before = User.objects.get(pk=room.user_id).rooms_version
    purged()
    assert not Chatroom.objects.exists()
    assert User.objects.get(pk=room.user_id).rooms_version > before


def test_a_message_with_an_unfinished_reply_is_kept(say: Callable[..., Message]) -> None:
    say(30, answered=False)
    assert purged() == 0
    assert Reply.objects.count() == 1


def test_messages_are_deleted_in_batches(say: Callable[..., Message], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        say(8)
    assert purged() == 10
    assert not Message.objects.exists()
