# ruff: noqa: RUF001  the confusable characters are the test
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from accounts.models import FailedAttempts, OneTimeCode, Session, User
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, field_codes, problem, wrong


def test_the_code_signs_in_and_makes_the_account(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    tokens = sign_in(number)
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "password_set"}
    assert (tokens["token_type"], tokens["expires_in"], tokens["password_set"]) == ("bearer", 900, False)
    assert client.ask("/user/me", tokens["access_token"]).json()["mobile_number"] == number
    assert User.objects.get().last_login is None


def test_signing_in_again_is_the_same_account(number: str, sign_in: Callable[..., Any]) -> None:
    sign_in(number)
    sign_in(number)
    assert (User.objects.count(), Session.objects.count()) == (1, 2)


def test_a_code_works_once(client: Any, number: str, code_for: Callable[..., str]) -> None:
    digits = code_for(number)
    assert client.send("/auth/verify-otp", mobile_number=number, otp=digits).status_code == 200
    again = client.send("/auth/verify-otp", mobile_number=number, otp=digits)
    assert problem(again) == (400, "invalid_code")
    assert Session.objects.count() == 1


def test_a_code_works_for_five_minutes(
    client: Any, number: str, code_for: Callable[..., str], pass_time: Callable[[float], None]
) -> None:
    digits = code_for(number)
    pass_time(298)
    assert client.send("/auth/verify-otp", mobile_number=number, otp=digits).status_code == 200


def test_after_five_minutes_the_code_is_like_a_wrong_one(
    client: Any, number: str, code_for: Callable[..., str], pass_time: Callable[[float], None]
) -> None:
    digits = code_for(number)
    pass_time(300)
    late = client.send("/auth/verify-otp", mobile_number=number, otp=digits)
    assert problem(late) == (400, "invalid_code")
    assert not User.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 400)])
def test_the_five_minutes_are_those_of_the_databases_clock(
    client: Any, number: str, set_clock: Callable[[datetime], None], seconds: int, status: int
) -> None:
    """Only the database's clock is moved: by this process's the code is as good as new."""
    asked = datetime.now(UTC)
    set_clock(asked)
    digits = client.send("/auth/send-otp", mobile_number=number).json()["otp"]
    set_clock(asked + timedelta(seconds=seconds))
    assert client.send("/auth/verify-otp", mobile_number=number, otp=digits).status_code == status


def test_an_older_code_is_refused_after_a_resend(client: Any, number: str, code_for: Callable[..., str]) -> None:
    older, newer = code_for(number), code_for(number)
    if older == newer:
        pytest.skip("the same digits twice: one chance in a million")
    assert problem(client.send("/auth/verify-otp", mobile_number=number, otp=older)) == (400, "invalid_code")
    assert client.send("/auth/verify-otp", mobile_number=number, otp=newer).status_code == 200


def test_every_refusal_of_a_code_is_the_same_answer(
    client: Any, new_number: Callable[[], str], code_for: Callable[..., str], pass_time: Callable[[float], None]
) -> None:
    def refused(number: str, digits: str) -> dict[str, Any]:
        response = client.send("/auth/verify-otp", mobile_number=number, otp=digits)
        assert response.status_code == 400
        return {name: value for name, value in response.json().items() if name != "request_id"}

    never_asked, used, expired, guessed_out, disabled = (new_number() for _ in range(5))
    expired_code = code_for(expired)
    pass_time(300)
    guessed_code = code_for(guessed_out)
    responses = [refused(guessed_out, wrong(guessed_code)) for _ in range(5)]
    used_code = code_for(used)
    client.send("/auth/verify-otp", mobile_number=used, otp=used_code)
    User.objects.create_user(disabled, is_active=False)
    responses += [
        refused(guessed_out, guessed_code),
        refused(never_asked, "000000"),
        refused(used, used_code),
        refused(expired, expired_code),
        refused(disabled, code_for(disabled)),
    ]
    assert all(response == responses[0] for response in responses)
    assert responses[0]["code"] == "invalid_code"


def test_digests_are_compared_in_constant_time(client: Any, number: str, code_for: Callable[..., str]) -> None:
    digits = code_for(number)
    with mock.patch("accounts.otp.constant_time_compare", return_value=True) as compare:
        assert client.send("/auth/verify-otp", mobile_number=number, otp=wrong(digits)).status_code == 200
    assert compare.call_count == 1, "something else decides"


def test_a_code_is_guessed_at_five_times_at_most(client: Any, number: str, code_for: Callable[..., str]) -> None:
    digits = code_for(number)
    for _ in range(8):
        client.send("/auth/verify-otp", mobile_number=number, otp=wrong(digits))
    assert problem(client.send("/auth/verify-otp", mobile_number=number, otp=digits)) == (400, "invalid_code")
    assert OneTimeCode.objects.get().guesses == 5
    assert FailedAttempts.objects.get().failures == 5, "what was not evaluated is no failure"


def test_guesses_without_an_active_code_do_not_lock_the_number(client: Any, number: str) -> None:
    for _ in range(30):
        response = client.send("/auth/verify-otp", mobile_number=number, otp="123456")
        assert problem(response) == (400, "invalid_code")
    assert not FailedAttempts.objects.exists()


@pytest.mark.parametrize("otp", ["12345", "1234567", "abcdef", "12345\n", "１２３４５６", "", None, [1], "12 456"])
def test_what_is_not_six_digits_is_no_guess(client: Any, number: str, code_for: Callable[..., str], otp: Any) -> None:
    code_for(number)
    response = client.send("/auth/verify-otp", mobile_number=number, otp=otp)
    assert {field for field, _ in field_codes(response)} == {"otp"}
    assert OneTimeCode.objects.get().guesses == 0


def test_a_password_is_set_where_there_is_none(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    assert sign_in(number, password=PASSWORD)["password_set"] is True
    assert client.send("/auth/login", mobile_number=number, password=PASSWORD).status_code == 200


def test_a_password_can_be_set_by_a_later_sign_in(number: str, sign_in: Callable[..., Any]) -> None:
    assert sign_in(number)["password_set"] is False
    assert sign_in(number, password=PASSWORD)["password_set"] is True
    assert User.objects.get().check_password(PASSWORD)


def test_a_password_that_is_there_is_not_replaced(number: str, sign_in: Callable[..., Any]) -> None:
    sign_in(number, password=PASSWORD)
    sign_in(number, password=OTHER_PASSWORD)
    assert User.objects.get().check_password(PASSWORD)


def test_a_weak_password_spends_no_guess(client: Any, number: str, code_for: Callable[..., str]) -> None:
    digits = code_for(number)
    response = client.send("/auth/verify-otp", mobile_number=number, otp=digits, password="short")
    assert field_codes(response) == {("password", "password_too_short")}
    assert OneTimeCode.objects.get().guesses == 0
    assert not User.objects.exists()
