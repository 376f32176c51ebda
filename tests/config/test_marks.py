"""A normal form of many combining marks in a row takes quadratic time, in which nothing else of a process runs.

Time is not measured: what is handed over to be normalised is.
"""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from rest_framework.test import APIClient

from accounts.models import User
from accounts.webhooks import endpoints
from chatrooms.models import MAX_CONTENT, Chatroom, Message, Reply
from chatrooms.tasks import generate_reply
from config.text import LIKE_MARKS, MAX_MARKS, Marks
from tests.chatrooms.streams import Stream
from tests.clients import signed_in
from tests.servers import ROOT

pytestmark = pytest.mark.django_db

FEW = 1024
"""In a row: a millisecond of Python's, seven of PostgreSQL's."""

BODY = 65_536
MESSAGE_BODY = 193_024


def is_mark(character: str) -> bool:
    return bool(unicodedata.combining(unicodedata.normalize("NFKD", character)[0]))


def longest_row(text: str) -> int:
    row = longest = 0
    for character in text:
        row = row + 1 if unicodedata.combining(character) or character in LIKE_MARKS else 0
        longest = max(longest, row)
    return longest


def marks(size: int) -> str:
    """So many bytes of UTF-8, less than two over."""
    return "a" + "\u0301\u0316" * ((size - 1) // 4)


def fields() -> Iterator[tuple[str, str, str]]:
    """Method, path and name of every text that a JSON body of the API may hold."""
    contract = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    for path, operations in contract["paths"].items():
        for method, operation in operations.items():
            body = operation.get("requestBody", {}) if isinstance(operation, dict) else {}
            schema = body.get("content", {}).get("application/json", {}).get("schema", {})
            known = contract["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], schema)
            for name, field in known.get("properties", {}).items():
                if field.get("type") == "string" and not field.get("readOnly"):
                    yield method, path, name


FIELDS = list(fields())


@pytest.fixture
def client() -> APIClient:
    user = User.objects.create_user("+919812345671", "a password of some length")
    return signed_in(user)


@pytest.fixture
def room(client: APIClient) -> Chatroom:
    return Chatroom.objects.get(pk=client.post("/chatroom", {}).json()["id"])


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The longest row of marks in each text that was put into a normal form."""
    rows: list[int] = []
    real = unicodedata.normalize

    def normalize(form: Any, text: str) -> str:
        rows.append(longest_row(text))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", normalize)
    return rows


def test_the_fields_are_found() -> None:
    names = {name for _, _, name in FIELDS}
    assert names >= {"mobile_number", "password", "otp", "new_password", "content", "name", "system_instruction"}


@pytest.mark.parametrize(("method", "path", "name"), FIELDS)
def test_the_longest_body_of_marks_is_never_normalised(
    client: APIClient, room: Chatroom, normalised: list[int], method: str, path: str, name: str
) -> None:
    message = client.post(f"/chatroom/{room.pk}/message", {"content": "Hello"}).json()["id"]
    Reply.objects.update(status="done", content="Hello")
    endpoint = endpoints.make(user_id=room.user_id, url="https://example.com/", event_types=[]).endpoint
    others = {"mobile_number": "+919812345671", "password": "a password of some length", "otp": "123456"}
    size = MESSAGE_BODY if name == "content" else BODY
    body = {**others, name: ""}
    body[name] = marks(size - len(json.dumps(body)) - 10)
    sent = client.generic(
        method.upper(),
        path.format(room_id=room.pk, message_id=message, endpoint_id=endpoint.pk),
        json.dumps(body, ensure_ascii=False).encode(),
        content_type="application/json",
    )
    assert sent.status_code != 413, "it is as long as a body may be"
    assert sent.status_code in (400, 401), sent.content
    assert max(normalised, default=0) <= FEW


@pytest.mark.parametrize("content", [marks(2 * MAX_CONTENT - 2), "a" + "\u0301\uff9e" * (MAX_CONTENT // 2 - 1)])
def test_a_message_has_few_marks_in_a_row(client: APIClient, room: Chatroom, content: str) -> None:
    assert len(content) <= MAX_CONTENT
    refused = client.post(f"/chatroom/{room.pk}/message", {"content": content})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_many_marks")
    message = client.post(f"/chatroom/{room.pk}/message", {"content": "Hello"}).json()["id"]
    Reply.objects.update(status="done", content="Hello")
    refused = client.patch(f"/message/{message}", {"content": content})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_many_marks")
    assert [row.content for row in Message.objects.filter(role="user")] == ["Hello"]


def test_few_marks_in_a_row_are_kept_and_searched(client: APIClient, room: Chatroom, normalised: list[int]) -> None:
    content = ("a" + "\u0301" * MAX_MARKS + " वि") * 150
    assert client.post(f"/chatroom/{room.pk}/message", {"content": content}).status_code == 202
    assert Message.objects.get(role="user").content == content
    found = client.get("/search", {"q": "वि"})
    assert len(found.json()) == 1
    assert max(normalised) <= MAX_MARKS


def test_a_reply_has_few_marks_in_a_row_across_chunks(
    client: APIClient, room: Chatroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = ["z" + "\u0301" * 60, "\u0316" * 60, "", "\u0301" * 60, "\u0301", "b\u0301", "plain", "\u0301" * 150]
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda _: Stream(*chunks))
    client.post(f"/chatroom/{room.pk}/message", {"content": "Hello"})
    generate_reply(Reply.objects.get().pk)
    reply = Reply.objects.get()
    assert (reply.status, longest_row(reply.content)) == ("done", MAX_MARKS)
    assert reply.content == "z" + "\u0301" * 60 + "\u0316" * 40 + "b\u0301" + "plain" + "\u0301" * 100


def test_a_character_that_becomes_a_mark_counts_as_one() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    assert {each for each in every if is_mark(each) and not unicodedata.combining(each)} == LIKE_MARKS


def test_other_texts_are_left_alone() -> None:
    for text in ("", "plain", "नमस्ते 🙏🏽", "e\u0301" * 5000, "漢字" * 8000, "ｶﾞ" * 1000):
        assert Marks().without_more(text) == text
        assert not Marks().too_many_in(text)
