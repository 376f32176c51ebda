"""A stranger's 404 is one line of the log: who asked, for what, from where, in which request.

It has no event of its own beside that line: whether an id is another's or nobody's would cost a query for each 404.
"""

import asyncio
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User
from chatrooms.models import Chatroom, Message
from chatrooms.streaming.app import StreamApp


def line_of(logged: io.StringIO, event: str, route: str) -> str:
    [line] = [line for line in logged.getvalue().splitlines() if f"] {event} " in line and f"route={route}" in line]
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z ", line), "the time is UTC"
    return line


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("get", "/chatroom/{room}", "chatroom/<int:room_id>"),
        ("delete", "/chatroom/{room}", "chatroom/<int:room_id>"),
        ("post", "/chatroom/{room}/message", "chatroom/<int:room_id>/message"),
        ("get", "/chatroom/{room}/export", "chatroom/<int:room_id>/export"),
        ("get", "/message/{message}", "message/<int:message_id>"),
        ("post", "/message/{message}/stop", "message/<int:message_id>/stop"),
    ],
)
def test_web_logs_who_asked_for_what(
    client_of: Callable[[User], APIClient],
    mallory: User,
    room: Chatroom,
    send: Callable[..., Message],
    logged: io.StringIO,
    method: str,
    path: str,
    route: str,
) -> None:
    message, asking = send(room), client_of(mallory)
    response = asking.generic(
        method.upper(),
        path.format(room=room.pk, message=message.pk),
        b'{"content": "Hi"}',
        content_type="application/json",
        REMOTE_ADDR="198.51.100.9",
    )
    assert response.status_code == 404
    line = line_of(logged, "request", route)
    ids = f"{{'room_id': {room.pk}}}" if "{room}" in path else f"{{'message_id': {message.pk}}}"
    assert f"ids={ids}" in line.replace('"', "")
    assert {"status=404", f"user_id={mallory.pk}", "address=198.51.100.9"} <= set(line.split())
    assert f"request_id={response['X-Request-ID']}" in line


@pytest.mark.django_db(transaction=True)
def test_stream_logs_who_asked_for_what(
    mallory: User, room: Chatroom, send: Callable[..., Message], logged: io.StringIO
) -> None:
    message = send(room)
    token = tokens.pair_of(sessions.start(user=mallory, method=Session.Method.CODE, user_agent="")).access
    sent: list[dict[str, Any]] = []

    async def send_message(each: dict[str, Any]) -> None:
        sent.append(each)

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/message/{message.pk}/stream",
        "query_string": b"",
        "client": ("198.51.100.9", 1),
        "headers": [(b"authorization", f"Bearer {token}".encode()), (b"x-request-id", b"asked-by-a-stranger")],
    }
    asyncio.run(StreamApp()(scope, send_message, send_message))  # type: ignore[arg-type]
    assert sent[0]["status"] == 404
    line = line_of(logged, "stream", "message/<int:message_id>/stream")
    assert f"ids={{'message_id': {message.pk}}}" in line
    assert {"status=404", f"user_id={mallory.pk}", "address=198.51.100.9"} <= set(line.split())
    assert "request_id=" in line
