"""No user can access another user's data: a matrix with a case for every operation of the contract."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from accounts import suspension
from accounts.models import Session, User
from chatrooms import rooms
from chatrooms.models import Chatroom, File, Message
from tests.promised import PROMISED

pytestmark = pytest.mark.django_db

OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, item in PROMISED["paths"].items()
    for method, operation in item.items()
}
BODIES: dict[str, dict[str, Any]] = {
    "DELETE /auth/sessions/{session_id}": {},
    "GET /chatroom/{room_id}": {},
    "PATCH /chatroom/{room_id}": {"name": "Taken"},
    "DELETE /chatroom/{room_id}": {},
    "POST /chatroom/{room_id}/message": {"content": "Hello"},
    "GET /chatroom/{room_id}/messages": {},
    "GET /chatroom/{room_id}/export": {},
    "GET /files/{file_id}": {},
    "GET /files/{file_id}/content": {},
    "POST /files/{file_id}/complete": {},
    "DELETE /files/{file_id}": {},
    "GET /message/{message_id}": {},
    "PATCH /message/{message_id}": {"content": "Changed"},
    "GET /message/{message_id}/replies": {},
    "GET /message/{message_id}/stream": {},
    "POST /message/{message_id}/stop": {},
    "POST /message/{message_id}/retry": {},
    "POST /message/{message_id}/regenerate": {},
}
"""The body for each operation on one object. An operation without a line fails a test."""
OPEN = {
    "POST /auth/forgot-password",
    "POST /auth/login",
    "POST /auth/logout",
    "POST /auth/refresh",
    "POST /auth/reset-password",
    "POST /auth/send-otp",
    "POST /auth/signup",
    "POST /auth/verify-otp",
    "GET /tiers",
    "POST /webhook/stripe",
}
"""The open operations; all others need a session."""
PAGES = {"", "billing/success", "billing/cancel", "billing/return", "schema", "docs", "docs/errors"}
"""Routes that are not operations of the API: HTML pages."""
TABLES = """
    SELECT format('SELECT %L, md5(string_agg(r::text, E''\\n'' ORDER BY r::text)) FROM %I r', relname, relname)
    FROM pg_stat_user_tables WHERE schemaname = 'public'
"""


def state() -> list[Any]:
    """A fingerprint of every table."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        queries = [query for (query,) in cursor.fetchall()]
        assert len(queries) > 40
        cursor.execute(" UNION ALL ".join(queries))
        return sorted(cursor.fetchall())


def ask(client: APIClient, operation: str, **ids: Any) -> Any:
    method, _, path = operation.partition(" ")
    return getattr(client, method.lower())("/" + path.lstrip("/").format(**ids), BODIES.get(operation, {}))


@pytest.fixture
def ids(alice: User, client: APIClient, room: Chatroom, send: Callable[..., Message]) -> dict[str, Any]:
    """The ids of one object of each kind; all belong to the user."""
    file = File.objects.create(
        user=alice, name="note.txt", kind="text", mime_type="text/plain", size=1, key="files/1", state="ready"
    )
    session = Session.objects.get(user=alice)
    return {"room_id": room.pk, "message_id": send(room).pk, "session_id": session.pk, "file_id": file.pk}


MISSING = {
    "room_id": 2**62,
    "message_id": 2**62,
    "file_id": 2**62,
    "session_id": "01234567-89ab-4cde-8f01-23456789abcd",
}


@pytest.mark.parametrize("operation", BODIES)
def test_a_stranger_gets_404_and_changes_nothing(
    operation: str, client_of: Callable[[User], APIClient], mallory: User, ids: dict[str, Any]
) -> None:
    theirs = client_of(mallory)
    before = state()
    answer, missing = ask(theirs, operation, **ids), ask(theirs, operation, **MISSING)
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert answer.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert state() == before


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - OPEN))
def test_anonymous_and_disabled_users_get_401(
    operation: str, client: APIClient, alice: User, ids: dict[str, Any]
) -> None:
    """The disabled user is the owner, whose token is valid otherwise."""
    suspension.disable(user_id=alice.pk)
    Session.objects.update(revoked_at=None)  # so that only the disabled account is a reason to refuse
    before = state()
    assert [ask(each, operation, **ids).status_code for each in (APIClient(), client)] == [401, 401]
    assert state() == before


@pytest.mark.parametrize("wait", ["?wait=1", "?limit=1", "?cursor=cD0x"])
def test_no_parameter_gives_access_to_another_users_data(
    wait: str, client_of: Callable[[User], APIClient], mallory: User, ids: dict[str, Any]
) -> None:
    theirs = client_of(mallory)
    for path in (f"/message/{ids['message_id']}", f"/chatroom/{ids['room_id']}/messages"):
        assert theirs.get(path + wait).status_code in (400, 404)


def test_no_id_in_a_query_or_body_gives_access(
    client_of: Callable[[User], APIClient], mallory: User, ids: dict[str, Any]
) -> None:
    theirs, mine = client_of(mallory), rooms.create(user_id=mallory.pk, name="Mine")
    found, none = (
        theirs.get("/search", {"q": "Hello", "chatroom": room}) for room in (ids["room_id"], MISSING["room_id"])
    )
    assert (found.status_code, found.content) == (none.status_code, none.content)
    attached, none = (
        theirs.post(f"/chatroom/{mine.pk}/message", {"content": "Hello", "file_ids": [file_id]}).json()
        for file_id in (ids["file_id"], MISSING["file_id"])
    )
    assert attached | {"request_id": ""} == none | {"request_id": ""}
    body = {"content": "Hello", "room": ids["room_id"], "room_id": ids["room_id"], "chatroom_id": ids["room_id"]}
    assert theirs.post(f"/chatroom/{mine.pk}/message", body).json()["chatroom_id"] == mine.pk
    assert Message.objects.in_room(ids["room_id"]).count() == 1


def test_every_operation_on_one_object_has_a_case() -> None:
    assert {name for name in OPERATIONS if "{" in name} == BODIES.keys()


def test_only_the_listed_operations_are_open() -> None:
    assert {name for name, operation in OPERATIONS.items() if operation["security"] == []} == OPEN


def test_every_route_is_an_operation_or_a_page() -> None:
    """`test_openapi` checks that the file read here has the verbs of each route."""
    routes = {str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)}
    named = {re.sub(r"<\w+:(\w+)>", r"{\1}", route) for route in routes}
    pages = {route for route in named if f"/{route}" not in PROMISED["paths"]}
    assert pages == PAGES | {settings.DESK_PATH.rstrip("/")}
