"""A stranger gets 404 on every route of another's room and message, and changes nothing."""

import json
from collections.abc import Callable

import pytest
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms.models import Chatroom, Message

pytestmark = pytest.mark.django_db

ROUTES = [
    ("get", "chatroom/<int:room_id>", {}),
    ("patch", "chatroom/<int:room_id>", {"name": "Taken"}),
    ("delete", "chatroom/<int:room_id>", {}),
    ("post", "chatroom/<int:room_id>/message", {"content": "Hello"}),
    ("get", "chatroom/<int:room_id>/messages", {}),
    ("get", "chatroom/<int:room_id>/export", {}),
    ("get", "message/<int:message_id>", {}),
    ("get", "message/<int:message_id>?wait=1", {}),
    ("patch", "message/<int:message_id>", {"content": "Changed"}),
    ("get", "message/<int:message_id>/replies", {}),
    ("get", "message/<int:message_id>/stream", {}),
    ("post", "message/<int:message_id>/stop", {}),
    ("post", "message/<int:message_id>/retry", {}),
    ("post", "message/<int:message_id>/regenerate", {}),
]
OF_ACCOUNTS = {"auth/sessions/<uuid:session_id>"}
"""Held by the tests of accounts."""


def state() -> str:
    return json.dumps([list(model.objects.order_by("pk").values()) for model in (User, Chatroom, Message)], default=str)


@pytest.mark.parametrize(("method", "route", "body"), ROUTES)
def test_a_stranger_gets_404_and_changes_nothing(
    method: str,
    route: str,
    body: dict[str, str],
    client_of: Callable[[User], APIClient],
    stranger: User,
    room: Chatroom,
    send: Callable[..., Message],
) -> None:
    message = send(room)
    theirs = client_of(stranger)
    before = state()

    def path(room_id: int, message_id: int) -> str:
        return "/" + route.replace("<int:room_id>", str(room_id)).replace("<int:message_id>", str(message_id))

    answer = getattr(theirs, method)(path(room.pk, message.pk), body)
    missing = getattr(theirs, method)(path(2**62, 2**62), body)
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert answer.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert state() == before
    assert getattr(APIClient(), method)(path(room.pk, message.pk), body).status_code == 401
    assert state() == before


def test_every_route_with_an_id_stands_in_the_matrix() -> None:
    routes = {str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)}
    with_id = {route for route in routes if "<" in route}
    assert with_id == {route.partition("?")[0] for _, route, _ in ROUTES} | OF_ACCOUNTS
