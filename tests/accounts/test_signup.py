from collections.abc import Callable
from typing import Any

from accounts.models import OneTimeCode, User
from tests.accounts.conftest import OTHER_PASSWORD, PASSWORD, field_codes, problem


def test_signing_up_promises_nothing_and_keeps_nothing(client: Any, number: str) -> None:
    response = client.send("/auth/signup", mobile_number=number, password=PASSWORD)
    assert (response.status_code, set(response.json())) == (201, {"message"})
    assert (User.objects.count(), OneTimeCode.objects.count()) == (0, 0)


def test_a_known_number_signs_up_with_the_same_answer(client: Any, number: str) -> None:
    before = client.send("/auth/signup", mobile_number=number)
    User.objects.create_user(number, PASSWORD)
    after = client.send("/auth/signup", mobile_number=number, password="another long password")
    assert (after.status_code, after.content) == (before.status_code, before.content)
    assert User.objects.get().check_password(PASSWORD), "a stranger has changed the password"


def test_a_weak_password_is_refused_at_once(client: Any, number: str) -> None:
    response = client.send("/auth/signup", mobile_number=number, password="short")
    assert field_codes(response) == {("password", "password_too_short")}


def test_a_number_is_needed(client: Any) -> None:
    assert field_codes(client.send("/auth/signup")) == {("mobile_number", "required")}


def test_who_signs_up_a_strangers_number_never_gets_in(client: Any, number: str, sign_in: Callable[..., Any]) -> None:
    """The attacker's password is refused before the owner comes, after, and after the owner has set one."""

    def attack() -> tuple[int, str]:
        assert client.send("/auth/signup", mobile_number=number, password=PASSWORD).status_code == 201
        return problem(client.send("/auth/login", mobile_number=number, password=PASSWORD))

    refused = (401, "invalid_credentials")
    assert attack() == refused
    assert sign_in(number)["password_set"] is False
    assert attack() == refused
    assert sign_in(number, password=OTHER_PASSWORD)["password_set"] is True
    assert attack() == refused
    assert client.send("/auth/login", mobile_number=number, password=OTHER_PASSWORD).status_code == 200
    assert User.objects.count() == 1
