"""No user can access another user's data: a matrix with a case for every operation of the contract."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from accounts import suspension
from accounts.models import Session, User
from chatrooms import rooms
from chatrooms.models import Message
from tests.chatrooms.operations import BODIES, MISSING, OF_NOBODY, OPEN, OPERATIONS, ask, state
from tests.promised import PROMISED

pytestmark = pytest.mark.django_db

PAGES = {"", "billing/success", "billing/cancel", "billing/return", "schema", "docs", "docs/errors", "llms.txt"}
"""Routes that are not operations of the API: pages."""


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
    assert {name for name in OPERATIONS if "{" in name} == BODIES.keys() | OF_NOBODY


def test_only_the_listed_operations_are_open() -> None:
    assert {name for name, operation in OPERATIONS.items() if operation["security"] == []} == OPEN


def test_every_route_is_an_operation_or_a_page() -> None:
    """`test_openapi` checks that the file read here has the verbs of each route."""
    routes = {str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)}
    named = {re.sub(r"<\w+:(\w+)>", r"{\1}", route) for route in routes}
    pages = {route for route in named if f"/{route}" not in PROMISED["paths"]}
    assert pages == PAGES | {settings.DESK_PATH.rstrip("/")}
