from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import FailedAttempts, Session, User
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, problem


@pytest.fixture
def alice(db: None, number: str) -> User:
    return User.objects.create_user(number, PASSWORD)


def login(client: Any, number: str, password: str = PASSWORD) -> Any:
    return client.send("/auth/login", mobile_number=number, password=password)


def test_the_password_signs_in(client: Any, alice: User) -> None:
    tokens = login(client, alice.mobile_number).json()
    assert tokens["password_set"] is True
    assert client.ask("/user/me", tokens["access_token"]).json()["id"] == alice.pk
    assert Session.objects.get().method == Session.Method.PASSWORD


def test_all_refusals_are_the_same_response(client: Any, alice: User, new_number: Callable[[], str]) -> None:
    no_password, disabled = new_number(), new_number()
    User.objects.create_user(no_password)
    User.objects.create_user(disabled, PASSWORD, is_active=False)
    responses = [
        login(client, alice.mobile_number, OTHER_PASSWORD),
        login(client, new_number()),
        login(client, no_password),
        login(client, disabled),
    ]
    assert {problem(response) for response in responses} == {(401, "invalid_credentials")}
    assert len({len(response.content) for response in responses}) == 1
    assert not Session.objects.exists()


def test_an_unknown_number_costs_a_hash_too(client: Any, number: str) -> None:
    from unittest import mock

    with mock.patch("accounts.credentials.check_password", return_value=False) as check:
        login(client, number)
    [(_, encoded)] = [call.args for call in check.call_args_list]
    assert encoded.startswith("argon2$argon2id$")


def test_after_five_failures_the_right_password_waits_too(
    client: Any, alice: User, pass_time: Callable[[float], None]
) -> None:
    for _ in range(5):
        assert login(client, alice.mobile_number, OTHER_PASSWORD).status_code == 401
    locked = login(client, alice.mobile_number)
    assert problem(locked) == (429, "too_many_tries")
    assert 1 <= int(locked["Retry-After"]) <= 60
    assert not Session.objects.exists()
    pass_time(60)
    assert login(client, alice.mobile_number).status_code == 200
    assert FailedAttempts.objects.get().failures == 0


def test_a_lock_of_passwords_does_not_affect_codes(client: Any, alice: User, sign_in: Callable[..., Any]) -> None:
    for _ in range(5):
        login(client, alice.mobile_number, OTHER_PASSWORD)
    assert sign_in(alice.mobile_number)["access_token"]


def test_an_unknown_number_is_locked_like_a_known_one(client: Any, number: str) -> None:
    responses = [login(client, number).status_code for _ in range(6)]
    assert responses == [401] * 5 + [429]


def test_a_password_changed_during_the_check_does_not_sign_in(client: Any, alice: User) -> None:
    from unittest import mock

    def change_first(*_: Any) -> bool:
        alice.set_password(OTHER_PASSWORD)
        alice.save()
        return True

    with mock.patch("accounts.credentials.check_password", side_effect=change_first):
        response = login(client, alice.mobile_number)
    assert problem(response) == (401, "invalid_credentials")
    assert not Session.objects.exists()


def test_any_spelling_of_the_number_signs_in(client: Any, alice: User) -> None:
    national = alice.mobile_number.removeprefix("+91")
    assert login(client, f"0{national[:5]} {national[5:]}").status_code == 200


def test_composed_and_decomposed_characters_are_one_password(client: Any, number: str) -> None:
    User.objects.create_user(number, "cafe\u0301 noir et cro\u0302ute")
    assert login(client, number, "caf\u00e9 noir et cr\u00f4ute").status_code == 200
