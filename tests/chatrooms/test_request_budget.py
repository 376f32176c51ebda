"""How many statements and commands the requests of the hot path cost; a further one has to be meant."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis.connection import AbstractConnection
from rest_framework.test import APIClient

from chatrooms.models import Chatroom, Message
from tests.chatrooms.conftest import claim, finish

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


def test_a_send_costs_so_much(client: APIClient, room: Chatroom, commands: list[object]) -> None:
    url = f"/chatroom/{room.pk}/message"
    assert client.post(url, {"content": "Hello"}).status_code == 202  # opens connections
    commands.clear()
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(" ".join(sql.split())[:30])
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
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
