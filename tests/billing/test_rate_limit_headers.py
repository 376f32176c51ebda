"""`RateLimit` and `RateLimit-Policy`, as draft-ietf-httpapi-ratelimit-headers-10 has them."""

import re

import pytest
from rest_framework.test import APIClient

from accounts.limits import ClientLimit
from accounts.models import User
from billing.models import Tier
from chatrooms.limits import SearchLimit

pytestmark = pytest.mark.django_db


def parsed(value: str) -> dict[str, dict[str, int]]:
    """A list of structured fields: by name, their parameters."""
    found = {}
    for item in value.split(", "):
        name, *parameters = item.split(";")
        assert re.fullmatch(r'"[a-z]+"', name)
        found[name.strip('"')] = {key: int(number) for key, number in (each.split("=") for each in parameters)}
    return found


def test_a_limited_route_says_what_is_left(client: APIClient, alice: User) -> None:
    first, second = (client.get("/search?q=rain") for _ in range(2))
    assert parsed(second["RateLimit-Policy"]) == {"user": {"q": SearchLimit.rate, "w": 60}}
    before, after = (parsed(each["RateLimit"])["user"] for each in (first, second))
    assert 0 < after["t"] <= 60
    assert (before["r"], after["r"]) in {(59, 58), (59, 59)}  # the latter where a window ends between the two


def test_a_send_names_the_minute_and_the_day(client: APIClient, alice: User, basic: Tier) -> None:
    room = client.post("/chatroom", {"name": "Room"}).json()["id"]
    sent = client.post(f"/chatroom/{room}/message", {"content": "Hello"})
    assert parsed(sent["RateLimit-Policy"]) == {
        "user": {"q": basic.sends_per_minute, "w": 60},
        "units": {"q": basic.daily_messages, "w": 86_400},
    }
    state = parsed(sent["RateLimit"])
    assert state["units"]["r"] == int(sent["X-RateLimit-Remaining"])
    assert 0 < state["units"]["t"] <= 86_400


def test_a_refusal_says_that_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientLimit, "per_minute", lambda *_: 0)
    refused = APIClient().post("/auth/login", {"mobile_number": "+919876543210", "password": "x"})
    assert refused.status_code == 429
    assert parsed(refused["RateLimit"])["client"]["r"] == 0
    assert set(parsed(refused["RateLimit-Policy"])) == {"client"}  # not the number's, which others may have used


def test_a_route_without_a_limit_says_nothing(client: APIClient, alice: User) -> None:
    response = client.get("/user/me")
    assert response.status_code == 200
    assert {"RateLimit", "RateLimit-Policy"} & set(response.headers) == set()
