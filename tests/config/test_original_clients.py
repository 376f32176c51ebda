"""The behaviour on which clients of the first version of this API rely (docs/differences.md)."""

from typing import Any

import pytest
from django.test import Client

from accounts import sessions, tokens
from accounts.models import Session, User


@pytest.fixture
def bearer(db: None) -> dict[str, str]:
    user = User.objects.create_user("+919812300009")
    pair = tokens.pair_of(sessions.start(user=user, method=Session.Method.CODE, user_agent=""))
    return {"Authorization": f"Bearer {pair.access}"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_slash_at_the_end_leads_to_the_route(bearer: dict[str, str], method: str) -> None:
    response = getattr(Client(), method)("/chatroom/?limit=2", headers=bearer)
    assert (response.status_code, response["Location"]) == (307, "/chatroom?limit=2")


@pytest.mark.parametrize("path", ["/nowhere/", "/chatroom/x/"])
def test_a_slash_without_a_route_is_not_redirected(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_rooms_have_a_list_of_messages_everywhere(bearer: dict[str, str]) -> None:
    client = Client(headers=bearer)
    made = client.post("/chatroom", {"name": "Room"}, content_type="application/json").json()
    assert made["messages"] == []
    assert [room["messages"] for room in client.get("/chatroom").json()] == [[]]


def test_the_index_links_to_pages_that_exist(settings: Any) -> None:
    settings.DEBUG = True
    index = Client().get("/", headers={"Accept": "application/json"}).json()
    assert all(Client().get(index[name]).status_code == 200 for name in ("docs", "schema", "errors"))
    page = Client().get("/", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
