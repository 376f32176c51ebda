import collections
import re
from typing import Any

import pytest

from accounts import codes, failed_attempts
from accounts.models import FailedAttempts, OneTimeCode, Purpose, User
from tests.accounts.conftest import field_codes, problem


def test_the_mock_delivery_answers_with_the_code(client: Any, number: str) -> None:
    response = client.send("/auth/send-otp", mobile_number=number)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"message", "expires_in", "resend_after", "otp"}
    assert (body["expires_in"], body["resend_after"]) == (300, 60)
    assert re.fullmatch(r"[0-9]{6}", body["otp"])


def test_asking_makes_no_account(client: Any, number: str) -> None:
    client.send("/auth/send-otp", mobile_number=number)
    assert not User.objects.exists()


def test_only_a_keyed_hash_of_the_code_is_kept(client: Any, number: str) -> None:
    digits = client.send("/auth/send-otp", mobile_number=number).json()["otp"]
    code = OneTimeCode.objects.get()
    assert (code.mobile_number, code.purpose, len(code.digest)) == (number, Purpose.SIGN_IN, 64)
    assert not any(digits == str(value) for value in vars(code).values())


def test_another_secret_key_gives_another_hash_of_a_code(client: Any, number: str, settings: Any) -> None:
    digits = client.send("/auth/send-otp", mobile_number=number).json()["otp"]
    code = OneTimeCode.objects.get()
    assert codes.digest_of(code, digits) == code.digest
    settings.SECRET_KEY = "another-secret-key-for-tests-and-for-nothing-else"
    assert codes.digest_of(code, digits) != code.digest
    response = client.send("/auth/verify-otp", mobile_number=number, otp=digits)
    assert problem(response) == (400, "invalid_code"), "who has the database alone can check guesses"


def test_the_clients_address_is_not_kept(client: Any, number: str) -> None:
    client.send("/auth/send-otp", mobile_number=number)
    assert re.fullmatch(r"[0-9a-f]{64}", OneTimeCode.objects.get().address)


@pytest.mark.parametrize(
    "body", [{}, {"mobile_number": None}, {"mobile_number": ["+919876543210"]}, {"mobile_number": ""}]
)
def test_without_a_number_nothing_is_sent(client: Any, body: dict[str, Any]) -> None:
    assert {field for field, _ in field_codes(client.send("/auth/send-otp", **body))} == {"mobile_number"}
    assert not OneTimeCode.objects.exists()


def test_a_number_locked_by_wrong_codes_is_sent_none(client: Any, number: str) -> None:
    for _ in range(failed_attempts.CODES_A_DAY):
        failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.CODE)
    response = client.send("/auth/send-otp", mobile_number=number)
    assert problem(response) == (429, "too_many_tries")
    assert not OneTimeCode.objects.exists()


def test_codes_are_six_digits_of_even_chances() -> None:
    """100,000 codes: each digit at each position within six standard deviations (one is 95) of 10,000."""
    made = [codes.new_digits() for _ in range(100_000)]
    assert all(re.fullmatch(r"[0-9]{6}", digits) for digits in made)
    counts = [collections.Counter(column) for column in zip(*made, strict=True)]
    assert all(abs(count[digit] - 10_000) < 570 for count in counts for digit in "0123456789")
