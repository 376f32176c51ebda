from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Session
from tests.accounts.conftest import field_codes, problem


def test_signing_out_ends_this_session_only(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    other, mine = sign_in(number), sign_in(number)
    assert client.send("/auth/logout", refresh_token=mine["refresh_token"]).status_code == 204
    assert problem(client.ask("/user/me", mine["access_token"])) == (401, "session_ended")
    assert client.ask("/user/me", other["access_token"]).status_code == 200


def test_a_replaced_token_signs_its_family_out(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    first = sign_in(number)["refresh_token"]
    second = client.send("/auth/refresh", refresh_token=first).json()
    assert client.send("/auth/logout", refresh_token=first).status_code == 204
    assert problem(client.ask("/user/me", second["access_token"])) == (401, "session_ended")


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "eyJhbGciOiJub25lIn0.e30."])
def test_a_dead_token_is_no_error(client: Any, number: str, sign_in: Callable[..., Any], token: str) -> None:
    sign_in(number)
    assert client.send("/auth/logout", refresh_token=token).status_code == 204
    assert Session.objects.get().revoked_at is None


def test_signing_out_twice_is_no_error(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number)["refresh_token"]
    assert [client.send("/auth/logout", refresh_token=token).status_code for _ in range(2)] == [204, 204]


def test_without_any_token_there_is_nothing_to_end(client: Any) -> None:
    assert field_codes(client.send("/auth/logout")) == {("refresh_token", "required")}


def test_signing_out_everywhere_ends_every_session(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    other, mine = sign_in(number), sign_in(number)
    assert client.send("/auth/logout-all", mine["access_token"]).status_code == 204
    for tokens in (other, mine):
        assert problem(client.ask("/user/me", tokens["access_token"])) == (401, "session_ended")


def test_sessions_of_other_users_do_not_end(
    client: Any, new_number: Callable[[], str], sign_in: Callable[..., Any]
) -> None:
    mine, theirs = sign_in(new_number()), sign_in(new_number())
    client.send("/auth/logout-all", mine["access_token"])
    assert client.ask("/user/me", theirs["access_token"]).status_code == 200
