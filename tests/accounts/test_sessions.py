from collections.abc import Callable
from typing import Any
from uuid import uuid4

from accounts.models import Session
from tests.accounts.conftest import problem


def test_the_devices_are_listed_newest_first(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    client.defaults["HTTP_USER_AGENT"] = "an old phone"
    sign_in(number)
    client.defaults["HTTP_USER_AGENT"] = "a laptop" + "!" * 300 + "\x00"
    mine = sign_in(number)["access_token"]
    devices = client.ask("/auth/sessions", mine).json()
    assert [set(device) for device in devices] == [
        {"id", "method", "user_agent", "created_at", "last_used_at", "current"}
    ] * 2
    assert [(device["user_agent"][:9], device["current"]) for device in devices] == [
        ("a laptop!", True),
        ("an old ph", False),
    ]
    assert len(devices[0]["user_agent"]) == 200


def test_a_strangers_devices_are_not_listed(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any]
) -> None:
    mine = sign_in(new_number())
    sign_in(new_number())
    assert len(client.ask("/auth/sessions", mine["access_token"]).json()) == 1


def test_sessions_that_ended_or_ran_out_are_not_listed(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    sign_in(number)
    pass_time(31 * 86_400)
    ended = sign_in(number)
    client.send("/auth/logout", refresh_token=ended["refresh_token"])
    mine = sign_in(number)["access_token"]
    assert [device["current"] for device in client.ask("/auth/sessions", mine).json()] == [True]


def test_a_device_can_be_signed_out(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    lost = sign_in(number)
    lost_id = Session.objects.get().pk
    mine = sign_in(number)["access_token"]
    assert client.delete(f"/auth/sessions/{lost_id}", HTTP_AUTHORIZATION=f"Bearer {mine}").status_code == 204
    assert problem(client.ask("/user/me", lost["access_token"])) == (401, "session_ended")
    again = client.delete(f"/auth/sessions/{lost_id}", HTTP_AUTHORIZATION=f"Bearer {mine}")
    assert problem(again) == (404, "not_found")


def test_a_strangers_session_is_like_none(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any]
) -> None:
    theirs = sign_in(new_number())
    their_id = Session.objects.get().pk
    mine = sign_in(new_number())["access_token"]
    bodies = []
    for session_id in (their_id, uuid4()):
        response = client.delete(f"/auth/sessions/{session_id}", HTTP_AUTHORIZATION=f"Bearer {mine}")
        assert problem(response) == (404, "not_found")
        bodies.append({name: value for name, value in response.json().items() if name != "request_id"})
    assert bodies[0] == bodies[1]
    assert client.ask("/user/me", theirs["access_token"]).status_code == 200


def test_the_second_page_is_the_rest(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    access = [sign_in(number) for _ in range(5)][-1]["access_token"]
    seen, path = [], "/auth/sessions?limit=2"
    while path:
        page = client.ask(path, access)
        assert page.status_code == 200, page.content
        seen += [each["id"] for each in page.json()]
        link = page.headers.get("Link", "")
        path = next((part[1 : part.index(">")] for part in link.split(", ") if 'rel="next"' in part), "")
        path = path.removeprefix("http://testserver")
    assert len(set(seen)) == len(seen) == 5
