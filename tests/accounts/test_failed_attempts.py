"""A new code does not reset the count, the delay grows, and there are at most 100 attempts in a row."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts import failed_attempts
from accounts.exceptions import TooManyFailedAttempts
from accounts.models import FailedAttempts, OneTimeCode
from tests.accounts.conftest import problem, wrong

DAY = 86_400


@pytest.fixture(autouse=True)
def _many_codes(settings: Any) -> None:
    settings.SMS_PER_NUMBER_HOUR = settings.SMS_PER_NUMBER_DAY = settings.SMS_PER_ADDRESS_HOUR = 10_000
    settings.SMS_PER_PREFIX_HOUR = 10_000


def guess_wrong(client: Any, number: str, digits: str, times: int = 5) -> None:
    for _ in range(times):
        assert problem(client.send("/auth/verify-otp", mobile_number=number, otp=wrong(digits))) == (
            400,
            "invalid_code",
        )


def test_twenty_failures_lock_the_number_for_a_day(client: Any, number: str, code_for: Callable[..., str]) -> None:
    for _ in range(4):
        guess_wrong(client, number, code_for(number))
    response = client.send("/auth/verify-otp", mobile_number=number, otp="000000")
    assert problem(response) == (429, "too_many_tries")
    assert DAY - 60 <= int(response["Retry-After"]) <= DAY
    assert sum(OneTimeCode.objects.values_list("guesses", flat=True)) == 20


def test_while_locked_the_right_code_is_refused_too(
    client: Any, number: str, code_for: Callable[..., str], sign_in: Callable[..., Any]
) -> None:
    for _ in range(3):
        guess_wrong(client, number, code_for(number))
    digits = code_for(number)
    guess_wrong(client, number, digits, times=4)
    FailedAttempts.objects.update(
        failures=20, locked_until=OneTimeCode.objects.latest("pk").created_at + timedelta(days=1)
    )
    refused = client.send("/auth/verify-otp", mobile_number=number, otp=digits)
    assert problem(refused) == (429, "too_many_tries")
    assert OneTimeCode.objects.latest("pk").guesses == 4, "nothing was evaluated"


def test_a_success_resets_the_count(
    client: Any, number: str, code_for: Callable[..., str], sign_in: Callable[..., Any]
) -> None:
    guess_wrong(client, number, code_for(number))
    sign_in(number)
    assert FailedAttempts.objects.get().failures == 0


def test_the_delay_doubles_and_a_hundred_is_the_end(number: str, pass_time: Callable[[float], None]) -> None:
    locks = []
    for failure in range(1, 101):
        failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.CODE)
        row = FailedAttempts.objects.get()
        assert (row.locked_until is not None) == (failure % 20 == 0)
        if row.locked_until:
            with pytest.raises(TooManyFailedAttempts) as refused:
                failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.CODE)
            assert refused.value.retry_after
            locks.append(round(refused.value.retry_after / DAY))
            pass_time(refused.value.retry_after if failure < 100 else 0)
    assert locks == [1, 2, 4, 8, 3650]
    assert FailedAttempts.objects.get().failures == 100


def test_passwords_have_five_attempts_and_then_a_growing_delay(number: str, pass_time: Callable[[float], None]) -> None:
    minutes = []
    for _ in range(18):
        failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.PASSWORD)
        if FailedAttempts.objects.get().locked_until:
            with pytest.raises(TooManyFailedAttempts) as locked:
                failed_attempts.refuse_locked(mobile_number=number, kind=FailedAttempts.Kind.PASSWORD)
            seconds = locked.value.retry_after or 0
            minutes.append(round(seconds / 60))
            pass_time(seconds)
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440, 1440]


def test_codes_and_passwords_are_counted_apart(number: str, db: None) -> None:
    for _ in range(5):
        failed_attempts.count(mobile_number=number, kind=FailedAttempts.Kind.PASSWORD)
    failed_attempts.refuse_locked(mobile_number=number, kind=FailedAttempts.Kind.CODE)
    with pytest.raises(TooManyFailedAttempts):
        failed_attempts.refuse_locked(mobile_number=number, kind=FailedAttempts.Kind.PASSWORD)
