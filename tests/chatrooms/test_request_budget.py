"""How many statements and commands the requests of the hot path cost; a further one has to be meant."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection
from rest_framework.test import APIClient

from accounts.models import Scope, User
from chatrooms.models import Chatroom, Message
from tests.chatrooms.conftest import claim, finish
from tests.clients import with_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Packets that were sent to Redis."""
    sent: list[object] = []
    send = AbstractConnection.send_packed_command

    def note(self: AbstractConnection, command: object, check_health: bool = True) -> None:
        sent.append(command)
        send(self, command, check_health)  # type: ignore[arg-type]

    monkeypatch.setattr(AbstractConnection, "send_packed_command", note)
    return sent


@contextmanager
def noted_statements() -> Iterator[list[str]]:
    """How each statement within the block begins."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(" ".join(sql.split())[:30])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield statements


@pytest.mark.parametrize(
    ("path", "statements", "packets"),
    [
        ("/user/me", 1, 0),
        ("/chatroom", 1, 1),
        ("/chatroom/{room}", 3, 0),
        ("/chatroom/{room}/messages", 2, 0),
        ("/message/{message}", 2, 0),
    ],
)
def test_a_read_costs_so_much(
    path: str,
    statements: int,
    packets: int,
    client: APIClient,
    room: Chatroom,
    send: Callable[..., Message],
    commands: list[object],
) -> None:
    for _ in range(3):
        message = send(room)
        finish(claim(message))
    url = path.format(room=room.pk, message=message.pk)
    assert client.get(url).status_code == 200  # the list is cached from now on
    commands.clear()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert (len(queries), len(commands)) == (statements, packets)


@pytest.mark.parametrize(
    ("path", "statements"),
    [("/chatroom", 1), ("/chatroom/{room}", 3), ("/chatroom/{room}/messages", 2), ("/message/{message}", 2)],
)
def test_a_key_reads_with_as_many_statements(
    path: str, statements: int, alice: User, room: Chatroom, send: Callable[..., Message]
) -> None:
    url, client = path.format(room=room.pk, message=send(room).pk), with_key(alice, Scope.ROOMS_READ)
    assert client.get(url).status_code == 200  # the list is cached from now on
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert len(queries) == statements


def test_a_key_sends_with_one_statement_more(alice: User, room: Chatroom) -> None:
    """It counts the key's units, and sees whether the key was revoked meanwhile."""
    url, client = f"/chatroom/{room.pk}/message", with_key(alice, Scope.MESSAGES_WRITE, daily_units=10)
    assert client.post(url, {"content": "Hello"}).status_code == 202
    with noted_statements() as statements:
        assert client.post(url, {"content": "Hello"}).status_code == 202
    assert statements == [
        'SELECT "accounts_apikey"."id",',
        "WITH mine AS ( SELECT max(stri",
        'UPDATE "accounts_user" SET "ro',
        "WITH room AS ( UPDATE chatroom",
        "WITH today AS (SELECT (stateme",
        "UPDATE accounts_apikey SET uni",
        "WITH sent AS ( INSERT INTO cha",
    ]


def test_a_send_costs_so_much(client: APIClient, room: Chatroom, commands: list[object]) -> None:
    url = f"/chatroom/{room.pk}/message"
    assert client.post(url, {"content": "Hello"}).status_code == 202  # opens connections
    commands.clear()
    with noted_statements() as statements:
        assert client.post(url, {"content": "Hello"}).status_code == 202
    assert statements == [
        'SELECT "accounts_session"."id"',
        "WITH mine AS ( SELECT max(stri",
        'UPDATE "accounts_user" SET "ro',
        "WITH room AS ( UPDATE chatroom",
        "WITH today AS (SELECT (stateme",
        "WITH sent AS ( INSERT INTO cha",
    ]
    assert len(commands) == 3, "two for the limit, one for the task"


def test_a_finish_costs_so_much(room: Chatroom, send: Callable[..., Message]) -> None:
    """Whether the user has a webhook endpoint, the first statement says along with what it does."""
    finish(claim(send(room)))
    reply = claim(send(room))
    with noted_statements() as statements:
        assert finish(reply)
    assert statements == [
        "UPDATE accounts_user SET rooms",
        'UPDATE "chatrooms_chatroom" SE',
        'UPDATE "chatrooms_message" SET',
        'SELECT "chatrooms_message"."id',
    ]
