"""The limits per minute of expensive routes: searches, and exports of rooms."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms.models import Chatroom

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "limit"), [("/search", 60), ("/chatroom/{room}/export?format=odd", 30)])
def test_expensive_routes_have_a_limit_per_user_and_minute(
    client: APIClient,
    client_of: Callable[[User], APIClient],
    mallory: User,
    room: Chatroom,
    path: str,
    limit: int,
) -> None:
    """An invalid request, which counts and is quick."""
    path = path.format(room=room.pk)
    answers = [client.get(path) for _ in range(limit + 2)]
    assert [answer.status_code for answer in answers] == [400] * limit + [429] * 2
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert client_of(mallory).get(path).status_code == 400, "each user has a minute of their own"
