"""The staff change their own password at the desk, and it is over with whoever knew the old one."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import sessions, tokens
from accounts.models import Session, Tries, User
from tests.desk.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another unguessable passphrase"
WRONG = "not the passphrase of anybody"


@pytest.fixture
def pair(support: User) -> tokens.Pair:
    """What the API gave the same person on another device."""
    return tokens.pair_of(sessions.start(user=support, method=Session.Method.CODE, user_agent=""))


def change(desk: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    fields = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    return desk.post("/admin/password_change/", fields)


def has(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


def is_in(desk: Client) -> bool:
    return desk.get("/admin/").status_code == 200


def answers_of(pair: tokens.Pair) -> tuple[int, int]:
    """What the API says to the access token and to the refresh token."""
    me = Client().get("/user/me", headers={"Authorization": f"Bearer {pair.access}"})
    refresh = Client().post("/auth/refresh", {"refresh_token": pair.refresh}, content_type="application/json")
    return me.status_code, refresh.status_code


def test_the_old_password_lets_in_the_new_one(desk: Client, support: User) -> None:
    assert desk.get("/admin/password_change/").status_code == 200
    assert change(desk)["Location"] == "/admin/password_change/done/"
    assert desk.get("/admin/password_change/done/").status_code == 200
    assert has(support, NEW)
    assert not has(support, PASSWORD)


def test_every_session_with_the_api_ends(desk: Client, support: User, pair: tokens.Pair) -> None:
    change(desk)
    assert answers_of(pair) == (401, 401)
    assert not sessions.living(user_id=support.pk).exists()


def test_the_desk_in_use_stays_and_every_other_one_is_out(
    desk: Client, desk_of: Callable[[User], Client], support: User
) -> None:
    other = desk_of(support)
    assert is_in(other)
    change(desk)
    assert is_in(desk)
    assert not is_in(other)


def test_nobody_else_is_signed_out(desk: Client, person: User) -> None:
    theirs = tokens.pair_of(sessions.start(user=person, method=Session.Method.CODE, user_agent=""))
    change(desk)
    assert answers_of(theirs) == (200, 200)


def test_the_change_is_in_the_log_and_no_password_is(
    desk: Client, support: User, logged: io.StringIO, rises: Callable[..., None]
) -> None:
    rises("kuvaka_security_events_total", event="password_changed")
    change(desk)
    [line] = [line for line in logged.getvalue().splitlines() if "security.password_changed" in line]
    assert f"user_id={support.pk}" in line
    assert PASSWORD not in logged.getvalue()
    assert NEW not in logged.getvalue()


@pytest.mark.parametrize(
    "wrong",
    [
        {"old": WRONG},
        {"old": ""},
        {"new": "short"},
        {"new": "passwordpassword"},
        {"again": "something else altogether"},
        {"old": "a\0"},
    ],
)
def test_what_is_wrong_changes_nothing_and_ends_nothing(
    desk: Client, support: User, pair: tokens.Pair, logged: io.StringIO, wrong: dict[str, str]
) -> None:
    answer = change(desk, **wrong)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert has(support, PASSWORD)
    assert answers_of(pair) == (200, 200)
    assert "password_changed" not in logged.getvalue()


def test_a_change_that_breaks_off_is_none(
    desk: Client, support: User, pair: tokens.Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.sessions.end_all", breaks)
    assert change(desk).status_code == 500
    assert has(support, PASSWORD)
    assert answers_of(pair) == (200, 200)


def test_old_passwords_are_tried_five_times_at_most(desk: Client, support: User) -> None:
    for _ in range(5):
        assert change(desk, old=WRONG).status_code == 200
    locked = change(desk)
    assert (locked.status_code, int(locked["Retry-After"]) > 0) == (429, True)
    assert has(support, PASSWORD)


def test_the_right_one_begins_the_count_anew(desk: Client, support: User) -> None:
    for _ in range(4):
        change(desk, old=WRONG)
    change(desk)
    assert Tries.objects.get(number=support.mobile_number, kind=Tries.Kind.PASSWORD).failures == 0
    assert has(support, NEW)
