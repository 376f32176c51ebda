"""Clients set only the writable fields: every other column in a request changes nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db.models import Model
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import DailyUsage, Entitlement
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply
from tests.chatrooms.conftest import claim, finish, reply_of

pytestmark = pytest.mark.django_db

LONG_AGO = "2000-01-01T00:00:00Z"
INVENTED = {
    "gemini_response": "I said so",
    "is_pro": True,
    "owner": 1,
    "plan": "pro",
    "reply": {"status": "done", "content": "I said so"},
    "role": "assistant",
    "status": "done",
    "stream_url": "https://evil.example",
    "tier": "pro",
    "tokens_used": 0,
    "user": 1,
}


@pytest.fixture
def forged(mallory: User, room: Chatroom, send: Callable[..., Message]) -> dict[str, Any]:
    """A valid value for every column: those of another user and of a finished reply."""
    done = claim(send(rooms.create(user_id=mallory.pk, name="Theirs")))
    finish(done)
    sent: dict[str, Any] = {"is_staff": True, "is_superuser": True}
    theirs = (mallory, Chatroom.objects.get(user=mallory), done.question, Reply.objects.get(pk=done.pk))
    for row in theirs:
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            sent |= {field.name: value, field.attname: value}
    sent = {name: LONG_AGO if isinstance(value, datetime) or value is None else value for name, value in sent.items()}
    assert len(sent) > 50
    return {name: value for name, value in sent.items() if isinstance(value, bool | int | float | str)} | INVENTED


def columns(row: Model, *, own: set[str]) -> dict[str, Any]:
    """The columns of a row that two rows can share; of a timestamp, whether it is the forged one."""
    row.refresh_from_db()
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    found = {name: value.year < 2020 if isinstance(value, datetime) else value for name, value in found.items()}
    return {name: value for name, value in found.items() if name not in own}


def test_a_client_sets_only_the_content_of_a_message(
    client: APIClient, alice: User, room: Chatroom, forged: dict[str, Any]
) -> None:
    other = rooms.create(user_id=alice.pk, name="Other")
    plain = client.post(f"/chatroom/{room.pk}/message", {"content": "Hello"}).json()
    sent = client.post(f"/chatroom/{other.pk}/message", forged | {"content": "Hello"}).json()
    own = {"id", "room_id", "answers_id", "unit_id", "request_id"}
    for kind in ("id", "reply"):
        rows = [
            Message.objects.get(pk=each["id"]) if kind == "id" else Reply.objects.get(pk=each["reply"]["id"])
            for each in (plain, sent)
        ]
        assert columns(rows[0], own=own) == columns(rows[1], own=own)
        assert rows[1].room_id == other.pk
    assert (sent["role"], sent["reply"]["status"], sent["gemini_response"]) == ("user", "queued", None)
    assert DailyUsage.objects.get(user=alice).used == 2, "each has cost its unit"


def test_an_edit_changes_only_the_text(
    client: APIClient, room: Chatroom, send: Callable[..., Message], forged: dict[str, Any]
) -> None:
    message = send(room)
    finish(claim(message))
    own = {"content", "edited_at", "search"}
    before = columns(message, own=own)
    answer = client.patch(f"/message/{message.pk}", forged | {"content": "Changed"})
    assert (answer.status_code, answer.json()["content"]) == (202, "Changed")
    assert columns(message, own=own) == before
    edited = reply_of(message)
    assert (edited.status, edited.content, edited.output_tokens, edited.attempt) == ("queued", "", None, 0)


@pytest.mark.parametrize("is_new", [True, False])
def test_a_client_cannot_set_the_owner_of_a_room(
    client: APIClient, alice: User, room: Chatroom, forged: dict[str, Any], is_new: bool
) -> None:
    theirs: dict[str, Any] = {"name": "Mine", "pinned": False, "archived": False, "system_instruction": "", "model": ""}
    theirs |= {"temperature": None, "thinking": "", "show_thoughts": False, "search": False, "response_schema": None}
    body = forged | theirs
    before = columns(room, own={"id", "name"})
    answer = client.post("/chatroom", body) if is_new else client.patch(f"/chatroom/{room.pk}", body)
    made = Chatroom.objects.get(pk=answer.json()["id"])
    assert (made.user_id, made.name) == (alice.pk, "Mine")
    assert columns(made, own={"id", "name"}) == before


def test_a_client_changes_only_the_name_and_language(client: APIClient, alice: User, forged: dict[str, Any]) -> None:
    before = columns(alice, own={"display_name"})
    body = forged | {"display_name": "Asha", "language": ""}
    assert client.patch("/user/me", body).json()["display_name"] == "Asha"
    assert columns(alice, own={"display_name"}) == before
    assert not Entitlement.objects.filter(user=alice).exists()
