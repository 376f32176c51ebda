"""What is read without models and serializers is what they give."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now
from rest_framework.renderers import JSONRenderer
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User
from chatrooms import conversation, rooms, rows, tickets
from chatrooms.attachments import attaching
from chatrooms.models import Chatroom, File, Message, Reply, Role, Status
from chatrooms.serializers import MessageSerializer, RoomSerializer
from config.infrastructure.compiled import Compiled
from tests.chatrooms.conftest import claim, finish, reply_of

Sending = Callable[..., Message]


@pytest.fixture
def session(alice: User) -> Session:
    return sessions.start(user=alice, method=Session.Method.CODE, user_agent="")


def queued(room: Chatroom, send: Sending) -> Message:
    return send(room, 'Ünïcode, "quotes" and \u2028 lines')


def generating(room: Chatroom, send: Sending) -> Message:
    sent = send(room)
    claim(sent)
    return sent


def done(room: Chatroom, send: Sending) -> Message:
    sent = send(room)
    finish(claim(sent))
    return sent


def failed(room: Chatroom, send: Sending) -> Message:
    sent = send(room)
    Reply.objects.filter(pk=reply_of(sent).pk).update(status=Status.FAILED, error="worker_lost", finished_at=Now())
    return sent


def stopped(room: Chatroom, send: Sending) -> Message:
    sent = send(room)
    conversation.stop(user_id=room.user_id, message_id=sent.pk)
    return sent


def edited(room: Chatroom, send: Sending) -> Message:
    sent = done(room, send)
    conversation.edit(user_id=room.user_id, message_id=sent.pk, content="Hello again")
    return sent


def regenerated(room: Chatroom, send: Sending) -> Message:
    sent = done(room, send)
    conversation.regenerate(user_id=room.user_id, message_id=sent.pk)
    finish(claim(sent), "Another answer")
    return sent


def with_files(room: Chatroom, send: Sending) -> Message:
    sent = send(room)
    file = File.objects.create(
        user_id=room.user_id,
        name="ü.png",
        kind="image",
        mime_type="image/png",
        size=7,
        width=1,
        height=2,
        key="files/1",
        state="ready",
    )
    attaching.attach(user_id=room.user_id, message_id=sent.pk, file_ids=[file.pk])
    return sent


STATES = (with_files, queued, generating, done, failed, stopped, edited, regenerated)


@pytest.mark.parametrize("state", STATES)
def test_a_message_is_what_its_serializer_gives(
    state: Callable[[Chatroom, Sending], Message],
    room: Chatroom,
    send: Sending,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("django.core.signing.time.time", lambda: 1_800_000_000)  # two tickets of one moment are equal
    message = Message.objects.with_reply().get(pk=state(room, send).pk)
    (row,) = rows.message(user_id=room.user_id, message_id=message.pk)
    shown = rows.message_json(row, bearer_id=session.pk)
    expected = MessageSerializer(message, context={"bearer": session}).data
    assert JSONRenderer().render(shown) == JSONRenderer().render(expected)
    assert rows.newest_messages(user_id=room.user_id, room_id=room.pk) == [row]


@pytest.mark.parametrize("fields", [{}, {"temperature": 0.7, "system_instruction": "Be brief.", "pinned": True}])
def test_a_room_is_what_its_serializer_gives(alice: User, fields: dict[str, Any]) -> None:
    made = rooms.create(user_id=alice.pk, name="Ünï", **fields)
    (row,) = rows.room(user_id=alice.pk, room_id=made.pk)
    shown = rows.room_json(row, messages=[])
    assert JSONRenderer().render(shown) == JSONRenderer().render(RoomSerializer(Chatroom.objects.get()).data)


@pytest.mark.parametrize("statement", [rows.message, rows.newest_messages, rows.room, tokens._living_session])
def test_each_statement_equals_its_queryset(
    statement: Compiled[Any], session: Session, room: Chatroom, send: Sending
) -> None:
    message = done(room, send)
    send(room)
    values = {"user_id": room.user_id, "room_id": room.pk, "message_id": message.pk, "session_id": session.pk}
    for is_stranger in (False, True):
        given = {name: values[name] for name in statement.names} | {"user_id": room.user_id + is_stranger}
        found = statement(**given)
        assert found == list(statement.make(**given))
        assert bool(found) is not is_stranger


def test_a_ticket_is_for_the_session_that_asked(room: Chatroom, send: Sending, client: APIClient) -> None:
    sent = send(room)
    url = client.get(f"/message/{sent.pk}").json()["stream_url"]
    ticket = tickets.Ticket.parse(url.partition("?ticket=")[2])
    assert (ticket.reply_id, ticket.bearer_id) == (reply_of(sent).pk, Session.objects.get(user_id=room.user_id).pk)


def test_pages_of_one_list_are_alike(room: Chatroom, send: Sending, client: APIClient) -> None:
    """The first page is read in one way, the others in another."""
    sent = [done(room, send).pk for _ in range(5)]
    first = client.get(f"/chatroom/{room.pk}/messages?limit=2")
    assert [each["id"] for each in first.json()] == sent[3:]
    second = client.get(first.headers["Link"].partition("<")[2].partition(">")[0])
    assert [each["id"] for each in second.json()] == sent[1:3]
    back = client.get(second.headers["Link"].split("<")[2].partition(">")[0])
    assert back.json() == first.json()


def test_the_sql_of_a_send_inserts_what_the_models_do(alice: User, room: Chatroom) -> None:
    """A regenerated reply is queued by its model; an own message has the defaults of its model."""
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    by_sql = Message.objects.get(pk=sent.pk)
    assert columns(by_sql) == columns(Message(room=room, user=alice, role=Role.USER, content="Hello"))
    reply = reply_of(by_sql)
    Reply.objects.filter(pk=reply.pk).update(is_current=False, status=Status.DONE)
    conversation.regenerate(user_id=alice.pk, message_id=sent.pk)
    assert columns(reply) == columns(reply_of(by_sql))
    for each in (reply, reply_of(by_sql)):
        assert each.publish_at - each.next_attempt_at == settings.REPLY_REPUBLISH_AFTER


def columns(row: Message) -> dict[str, Any]:
    own = {"id", "created_at", "next_attempt_at", "publish_at", "unit_id", "search"}
    return {
        field.attname: getattr(row, field.attname)
        for field in Message._meta.concrete_fields
        if field.attname not in own
    }


def test_a_send_returns_the_row_that_is_read_later(alice: User, room: Chatroom) -> None:
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    assert [sent.row] == rows.message(user_id=alice.pk, message_id=sent.pk)
