"""Staff change their own password, which ends their API sessions and their other admin sessions."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import sessions, tokens
from accounts.models import FailedAttempts, Session, User
from tests.admin.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another unguessable passphrase"
WRONG = "not the passphrase of anyone"


@pytest.fixture
def pair(support: User) -> tokens.Pair:
    """The API tokens of the same user on another device."""
    return tokens.pair_of(sessions.start(user=support, method=Session.Method.CODE, user_agent=""))


def change(staff_client: Client, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    fields = {"old_password": old, "new_password1": new, "new_password2": new if again is None else again}
    return staff_client.post("/admin/password_change/", fields)


def has(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


def is_signed_in(staff_client: Client) -> bool:
    return staff_client.get("/admin/").status_code == 200


def statuses_of(pair: tokens.Pair) -> tuple[int, int]:
    """The API's status codes for the access token and for the refresh token."""
    me = Client().get("/user/me", headers={"Authorization": f"Bearer {pair.access}"})
    refresh = Client().post("/auth/refresh", {"refresh_token": pair.refresh}, content_type="application/json")
    return me.status_code, refresh.status_code


def test_the_password_is_changed(staff_client: Client, support: User) -> None:
    assert staff_client.get("/admin/password_change/").status_code == 200
    assert change(staff_client)["Location"] == "/admin/password_change/done/"
    assert staff_client.get("/admin/password_change/done/").status_code == 200
    assert has(support, NEW)
    assert not has(support, PASSWORD)


def test_every_api_session_ends(staff_client: Client, support: User, pair: tokens.Pair) -> None:
    change(staff_client)
    assert statuses_of(pair) == (401, 401)
    assert not sessions.living(user_id=support.pk).exists()


def test_other_admin_sessions_end_and_this_one_stays(
    staff_client: Client, client_of: Callable[[User], Client], support: User
) -> None:
    other = client_of(support)
    assert is_signed_in(other)
    change(staff_client)
    assert is_signed_in(staff_client)
    assert not is_signed_in(other)


def test_no_other_user_is_signed_out(staff_client: Client, alice: User) -> None:
    theirs = tokens.pair_of(sessions.start(user=alice, method=Session.Method.CODE, user_agent=""))
    change(staff_client)
    assert statuses_of(theirs) == (200, 200)


def test_the_change_is_logged_without_passwords(
    staff_client: Client, support: User, logged: io.StringIO, rises: Callable[..., None]
) -> None:
    rises("kuvaka_security_events_total", event="password_changed")
    change(staff_client)
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
def test_invalid_input_changes_nothing_and_ends_nothing(
    staff_client: Client, support: User, pair: tokens.Pair, logged: io.StringIO, wrong: dict[str, str]
) -> None:
    response = change(staff_client, **wrong)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert has(support, PASSWORD)
    assert statuses_of(pair) == (200, 200)
    assert "password_changed" not in logged.getvalue()


def test_a_change_that_crashes_is_rolled_back(
    staff_client: Client, support: User, pair: tokens.Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.sessions.end_all", breaks)
    assert change(staff_client).status_code == 500
    assert has(support, PASSWORD)
    assert statuses_of(pair) == (200, 200)


def test_the_old_password_allows_five_attempts(staff_client: Client, support: User) -> None:
    for _ in range(5):
        assert change(staff_client, old=WRONG).status_code == 200
    locked = change(staff_client)
    assert (locked.status_code, int(locked["Retry-After"]) > 0) == (429, True)
    assert has(support, PASSWORD)


def test_the_right_password_resets_the_count(staff_client: Client, support: User) -> None:
    for _ in range(4):
        change(staff_client, old=WRONG)
    change(staff_client)
    assert (
        FailedAttempts.objects.get(mobile_number=support.mobile_number, kind=FailedAttempts.Kind.PASSWORD).failures == 0
    )
    assert has(support, NEW)
