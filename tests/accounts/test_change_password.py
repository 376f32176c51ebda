from collections.abc import Callable
from typing import Any

from accounts.models import Session, User
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, field_codes, problem


def change(client: Any, token: str, **body: str) -> Any:
    return client.send("/auth/change-password", token, **body)


def test_the_old_password_lets_in_the_new_one(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number, password=PASSWORD)["access_token"]
    response = change(client, token, old_password=PASSWORD, new_password=OTHER_PASSWORD)
    assert (response.status_code, set(response.json())) == (200, {"message"})
    assert client.send("/auth/login", mobile_number=number, password=PASSWORD).status_code == 401
    assert client.send("/auth/login", mobile_number=number, password=OTHER_PASSWORD).status_code == 200


def test_every_other_session_ends(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    other, mine = sign_in(number, password=PASSWORD), sign_in(number)
    change(client, mine["access_token"], old_password=PASSWORD, new_password=OTHER_PASSWORD)
    assert problem(client.ask("/user/me", other["access_token"])) == (401, "session_ended")
    assert client.ask("/user/me", mine["access_token"]).status_code == 200


def test_a_wrong_old_password_changes_nothing(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    other, mine = sign_in(number, password=PASSWORD), sign_in(number)
    response = change(client, mine["access_token"], old_password="not my password at all", new_password=OTHER_PASSWORD)
    assert problem(response) == (403, "wrong_password")
    assert User.objects.get().check_password(PASSWORD)
    assert client.ask("/user/me", other["access_token"]).status_code == 200


def test_old_passwords_are_tried_five_times_at_most(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number, password=PASSWORD)["access_token"]
    for _ in range(5):
        change(client, token, old_password="not my password at all", new_password=OTHER_PASSWORD)
    locked = change(client, token, old_password=PASSWORD, new_password=OTHER_PASSWORD)
    assert problem(locked) == (429, "too_many_tries")
    assert User.objects.get().check_password(PASSWORD)


def test_the_old_password_cannot_be_left_out(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number, password=PASSWORD)["access_token"]
    assert field_codes(change(client, token, new_password=OTHER_PASSWORD)) == {("old_password", "required")}
    assert User.objects.get().check_password(PASSWORD)


def test_a_fresh_sign_in_by_code_lets_in_a_first_password(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    token = sign_in(number)["access_token"]
    pass_time(595)
    assert change(client, token, new_password=PASSWORD).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


def test_ten_minutes_later_it_does_not(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    token = sign_in(number)["access_token"]
    pass_time(600)
    assert problem(change(client, token, new_password=PASSWORD)) == (403, "recent_sign_in_required")
    assert not User.objects.get().has_usable_password()


def test_a_sign_in_by_password_does_not_either(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number)["access_token"]
    Session.objects.update(method=Session.Method.PASSWORD)
    assert problem(change(client, token, new_password=PASSWORD)) == (403, "recent_sign_in_required")


def test_a_refresh_does_not_make_a_sign_in_recent_again(
    client: Any, number: str, sign_in: Callable[..., Any], pass_time: Callable[[float], None]
) -> None:
    first = sign_in(number)["refresh_token"]
    pass_time(600)
    token = client.send("/auth/refresh", refresh_token=first).json()["access_token"]
    assert problem(change(client, token, new_password=PASSWORD)) == (403, "recent_sign_in_required")


def test_the_new_password_is_held_to_the_rules(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    token = sign_in(number)["access_token"]
    response = change(client, token, new_password=f"my number {number}")
    assert field_codes(response) == {("new_password", "password_has_number")}


def test_changing_a_password_requires_authentication(client: Any) -> None:
    assert problem(client.send("/auth/change-password", new_password=PASSWORD)) == (401, "not_authenticated")
