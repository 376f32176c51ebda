from collections.abc import Callable
from typing import Any

from accounts.models import OneTimeCode, Session, User
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, field_codes, problem, wrong


def reset(client: Any, number: str, digits: str, new: str = OTHER_PASSWORD) -> Any:
    return client.send("/auth/reset-password", mobile_number=number, otp=digits, new_password=new)


def test_the_code_sets_a_new_password_and_ends_every_session(
    client: Any, number: str, code_for: Callable[..., str], sign_in: Callable[..., Any]
) -> None:
    tokens = sign_in(number, password=PASSWORD)
    response = reset(client, number, code_for(number, "/auth/forgot-password"))
    assert (response.status_code, set(response.json())) == (200, {"message"})
    assert not Session.objects.filter(revoked_at=None).exists()
    assert problem(client.ask("/user/me", tokens["access_token"])) == (401, "session_ended")
    assert client.send("/auth/login", mobile_number=number, password=PASSWORD).status_code == 401
    assert client.send("/auth/login", mobile_number=number, password=OTHER_PASSWORD).status_code == 200


def test_a_reset_ends_the_lock_of_the_old_password(
    client: Any, number: str, code_for: Callable[..., str], sign_in: Callable[..., Any]
) -> None:
    sign_in(number, password=PASSWORD)
    for _ in range(6):
        client.send("/auth/login", mobile_number=number, password="a wrong long password")
    assert reset(client, number, code_for(number, "/auth/forgot-password")).status_code == 200
    assert client.send("/auth/login", mobile_number=number, password=OTHER_PASSWORD).status_code == 200


def test_a_wrong_code_changes_nothing(
    client: Any, number: str, code_for: Callable[..., str], sign_in: Callable[..., Any]
) -> None:
    tokens = sign_in(number, password=PASSWORD)
    digits = code_for(number, "/auth/forgot-password")
    assert problem(reset(client, number, wrong(digits))) == (400, "invalid_code")
    assert User.objects.get().check_password(PASSWORD)
    assert client.ask("/user/me", tokens["access_token"]).status_code == 200


def test_a_number_without_an_account_gets_a_useless_code(
    client: Any, number: str, code_for: Callable[..., str]
) -> None:
    digits = code_for(number, "/auth/forgot-password")
    assert problem(reset(client, number, digits)) == (400, "invalid_code")
    assert not User.objects.exists()


def test_a_disabled_account_gets_no_new_password(client: Any, number: str, code_for: Callable[..., str]) -> None:
    User.objects.create_user(number, PASSWORD, is_active=False)
    assert problem(reset(client, number, code_for(number, "/auth/forgot-password"))) == (400, "invalid_code")
    assert User.objects.get().check_password(PASSWORD)


def test_a_weak_new_password_spends_no_guess(
    client: Any, number: str, code_for: Callable[..., str], sign_in: Callable[..., Any]
) -> None:
    sign_in(number)
    digits = code_for(number, "/auth/forgot-password")
    assert field_codes(reset(client, number, digits, new="passwordpassword")) == {
        ("new_password", "password_too_common")
    }
    assert OneTimeCode.objects.latest("pk").guesses == 0


def test_codes_of_another_user_do_not_reset_a_password(
    client: Any, new_number: Callable[[], str], code_for: Callable[..., str]
) -> None:
    mine, theirs = new_number(), new_number()
    User.objects.create_user(theirs, PASSWORD)
    digits = code_for(mine, "/auth/forgot-password")
    code_for(theirs, "/auth/forgot-password")
    assert problem(reset(client, theirs, digits)) == (400, "invalid_code")
    assert User.objects.get().check_password(PASSWORD)
