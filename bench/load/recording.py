"""Records what one request of each kind sends to PostgreSQL and Redis, and its response: the floor replays both.

`python -m bench.load.recording FILE` runs in Kuvaka's own environment; the file is a pickle of `Recording` by work.
"""

import os
import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


@dataclass
class Statement:
    sql: str
    parameters: Any
    in_transaction: bool
    returned: int | None
    """The id that it gave out, if it was one: later statements name it."""


@dataclass
class Recording:
    statements: list[Statement] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    """What was sent to Redis, a packet each."""

    body: bytes = b""
    status: int = 0


@dataclass
class Work:
    """A request of the hot path; `path` is a template with `{room}` and `{message}`."""

    name: str
    path: str
    body: str = ""

    @property
    def method(self) -> str:
        return "POST" if self.body else "GET"


WORKS = (
    Work("GET /user/me", "/user/me"),
    Work("GET /chatroom, cached", "/chatroom"),
    Work("GET /chatroom/{id}", "/chatroom/{room}"),
    Work("GET /chatroom/{id}/messages", "/chatroom/{room}/messages"),
    Work("GET /message/{id}", "/message/{message}"),
    Work("POST /chatroom/{id}/message", "/chatroom/{room}/message", '{"content": "What is a monsoon, and why?"}'),
)


@dataclass
class Client:
    """A user with a room and a token that outlives the bench."""

    token: str
    room: int
    message: int

    def line(self, work: Work) -> str:
        path = work.path.format(room=self.room, message=self.message)
        return "\t".join([work.method, path, self.token, work.body])


def main(target: str, count: int) -> None:
    import django

    django.setup()
    clients = clients_of(count)
    recordings = {work.name: record(work, clients[0]) for work in WORKS}
    Path(target).write_bytes(pickle.dumps((clients, recordings)))


def clients_of(count: int) -> list[Client]:
    from datetime import timedelta

    from django.db import connection

    from accounts import tokens
    from accounts.models import Session

    tokens.AccessToken.lifetime = timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session.id, room.id, (SELECT min(id) FROM chatrooms_message WHERE room_id = room.id) "
            "FROM chatrooms_chatroom room JOIN accounts_session session USING (user_id) ORDER BY room.id LIMIT %s",
            [count],
        )
        rows = cursor.fetchall()
    sessions = Session.objects.in_bulk([row[0] for row in rows])
    return [Client(tokens.pair_of(sessions[id_]).access, room, message) for id_, room, message in rows]


def record(work: Work, client: Client) -> Recording:
    from django.db import connection
    from django.test import Client as Asking
    from redis.connection import AbstractConnection

    recording = Recording()

    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: dict[str, Any]) -> Any:
        result = execute(sql, parameters, many, context)
        rows = context["cursor"].cursor.pgresult
        returned = None
        if "RETURNING" in sql and rows is not None and rows.ntuples == 1 and (value := rows.get_value(0, 0)):
            returned = int(value) if value.isdigit() else None
        recording.statements.append(Statement(sql, _plain(parameters), connection.in_atomic_block, returned))
        return result

    send = AbstractConnection.send_packed_command

    def send_and_note(self: Any, command: Any, check_health: bool = True) -> Any:
        recording.commands.append(b"".join(command) if not isinstance(command, bytes) else command)
        return send(self, command, check_health)

    method, path, token, body = client.line(work).split("\t")
    headers = {
        "host": "127.0.0.1",
        "authorization": f"Bearer {token}",
        "x-forwarded-proto": "https",
        "x-forwarded-for": "10.1.2.3",
    }
    asking = Asking(headers=headers)
    data: dict[str, Any] = {"data": body, "content_type": "application/json"} if body else {}
    for _ in range(3):  # the first ones open connections and fill caches
        asking.generic(method, path, secure=True, **data)
    AbstractConnection.send_packed_command = send_and_note
    with connection.execute_wrapper(note):
        response = asking.generic(method, path, secure=True, **data)
    AbstractConnection.send_packed_command = send
    recording.body, recording.status = response.content, response.status_code
    assert response.status_code in (200, 202), response.content
    return recording


def _plain(value: Any) -> Any:
    """Without the enums of the models, which the floor does not import."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value.value if isinstance(value, Enum) else value


if __name__ == "__main__":
    # What is pickled names its module, and this one is called __main__.
    from bench.load import recording  # noqa: PLW0406

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    recording.main(sys.argv[1], int(sys.argv[2]))
