"""docs/differences.md, row by row: the API does what the page says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts import passwords, sessions, tokens
from accounts.models import Session
from tests.factories import make_user, phone_number

PAGE = Path(__file__).parents[2] / "docs" / "differences.md"
ROWS = {
    then.strip(" |"): now.strip()
    for then, now, _ in (line.rsplit(" | ", 2) for line in PAGE.read_text().splitlines() if line.startswith("| "))
}


def client() -> Client:
    pair = tokens.pair_of(sessions.start(user=make_user(), method=Session.Method.CODE, user_agent=""))
    return Client(headers={"Authorization": f"Bearer {pair.access}"})


def post(asking: Client, path: str, **body: Any) -> Any:
    return asking.post(path, body, content_type="application/json")


def sends_are_accepted(now: str) -> None:
    asking = client()
    room = post(asking, "/chatroom", name="Room").json()
    sent = post(asking, f"/chatroom/{room['id']}/message", content="Hello")
    assert now.startswith("202")
    assert sent.status_code == 202
    assert sent.json()["reply"]["status"] == "queued"


def slashes_are_redirected(now: str) -> None:
    assert now.startswith("307 to `/chatroom`")
    response = post(client(), "/chatroom/", name="Room")
    assert (response.status_code, response["Location"]) == (307, "/chatroom")


def lists_have_no_messages(now: str) -> None:
    assert now.startswith("`messages` is an empty list")
    asking = client()
    room = post(asking, "/chatroom", name="Room").json()
    post(asking, f"/chatroom/{room['id']}/message", content="Hello")
    assert asking.get("/chatroom").json()[0]["messages"] == []
    assert len(asking.get(f"/chatroom/{room['id']}").json()["messages"]) >= 1
    assert len(asking.get(f"/chatroom/{room['id']}/messages").json()) >= 1


def short_passwords_are_refused(now: str) -> None:
    assert now == f"at least {passwords.SHORTEST}"
    password = "quartz mango 7 river"
    statuses = [
        post(Client(), "/auth/signup", mobile_number=phone_number(), password=password[:length]).status_code
        for length in (8, passwords.SHORTEST - 1, passwords.SHORTEST)
    ]
    assert [status >= 400 for status in statuses] == [True, True, False]


def one_code_a_minute(now: str) -> None:
    assert now.startswith("429 `too_many_codes`, with `Retry-After`")
    number = make_user().mobile_number
    assert post(Client(), "/auth/send-otp", mobile_number=number).status_code == 200
    refused = post(Client(), "/auth/forgot-password", mobile_number=number)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_codes")
    assert 0 < int(refused["Retry-After"]) <= 60


def errors_are_problems(now: str) -> None:
    assert now.startswith("`application/problem+json`")
    response = Client().get("/user/me")
    assert response["Content-Type"] == "application/problem+json"
    assert {"detail", "code"} <= response.json().keys()


CHECKS: dict[str, Callable[[str], None]] = {
    "`POST /chatroom/{id}/message` returned 200": sends_are_accepted,
    "`/chatroom/` was redirected": slashes_are_redirected,
    "rooms in lists contained all their messages": lists_have_no_messages,
    "passwords of 8 characters": short_passwords_are_refused,
    "a code to sign in and a code to reset a password in the same minute": one_code_a_minute,
    'errors as `{"detail": "…"}`': errors_are_problems,
}


def test_every_row_has_its_check() -> None:
    assert ROWS.keys() - {"then", "---"} == CHECKS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("then", CHECKS)
def test_the_api_does_what_the_row_says(then: str, settings: Any) -> None:
    settings.AUTH_REQUESTS_PER_MINUTE = 1_000
    CHECKS[then](ROWS[then])
