"""What the process `stream` sends around the events: who may read it across origins, and where `retry:` stands."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from accounts import sessions, tokens
from accounts.models import Session, User
from chatrooms.exceptions import TooManyStreams
from chatrooms.models import Chatroom, Message
from chatrooms.streaming.app import StreamApp
from chatrooms.streaming.sse import refusal_response
from tests.chatrooms.conftest import claim, finish

PAGE = "https://app.example.com"


def request(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Ask an application without Redis: the status, the headers and the body."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "client": ("127.0.0.1", 1)}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(StreamApp()({**scope, "headers": encoded}, receive, send))  # type: ignore[arg-type]
    named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], named, b"".join(each.get("body", b"") for each in sent[1:])


@pytest.mark.parametrize(("method", "path"), [("OPTIONS", "/message/1/stream"), ("GET", "/nowhere")])
def test_the_pages_of_app_origins_may_read_it(settings: Any, method: str, path: str) -> None:
    settings.APP_ORIGINS = [PAGE]

    def allowed(origin: str) -> str | None:
        status, headers, _ = request(path, method, origin=origin)
        assert status == (204 if method == "OPTIONS" else 404)
        assert headers["vary"] == "Origin"
        return headers.get("access-control-allow-origin")

    assert [allowed(origin) for origin in (PAGE, settings.WEB_ORIGIN)] == [PAGE, settings.WEB_ORIGIN]
    for hostile in ("null", f"{PAGE}.evil.example", f"{PAGE}:8443", "http://app.example.com", "*", ""):
        assert allowed(hostile) is None, hostile
    settings.APP_ORIGINS = []
    assert allowed(PAGE) is None


def test_a_page_may_read_when_to_come_back(settings: Any) -> None:
    settings.APP_ORIGINS = [PAGE]
    _, headers, _ = request("/nowhere", origin=PAGE)
    assert {"Retry-After", "X-Request-ID"} <= set(headers["access-control-expose-headers"].split(", "))


def blocks(body: bytes) -> list[list[str]]:
    """The names of the fields in each block of the stream."""
    *whole, rest = body.decode().split("\n\n")
    assert rest == ""
    return [[line.partition(":")[0] for line in block.split("\n")] for block in whole]


@pytest.mark.django_db(transaction=True)
def test_retry_is_a_line_of_the_first_event(alice: User, room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    finish(claim(message))
    token = tokens.pair_of(sessions.start(user=alice, method=Session.Method.CODE, user_agent="")).access
    status, _, body = request(f"/message/{message.pk}/stream", authorization=f"Bearer {token}")
    assert status == 200
    sent = blocks(body)
    assert [fields.count("retry") for fields in sent] == [1, 0, 0]
    assert all("data" in fields for fields in sent), "a block without data is an empty message to some clients"


def test_retry_is_a_line_of_a_refusal_too() -> None:
    refusal = refusal_response(TooManyStreams("At most 1.", retry_after=5), accept="text/event-stream")
    assert blocks(refusal.content) == [["retry", "event", "data"]]
