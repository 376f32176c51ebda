"""The lock on admin sign-ins: five failed attempts, with a wrong password or a wrong code, and 15 minutes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import Client
from django.utils.timezone import now

from accounts.models import User
from tests.admin.conftest import PASSWORD, code_of, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

WRONG = "wrong wrong wrong wrong"


def fail_sign_in(number: str, times: int = 5, **extra: Any) -> None:
    for _ in range(times):
        sign_in(number, "000000", password=WRONG, **extra)


def let_time_pass(period: timedelta) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - period)


def test_wrong_codes_count_like_wrong_passwords(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for _ in range(5):
        sign_in(number, "12345")
    response = Client().post("/admin/login/", {"username": number, "password": PASSWORD, "otp_token": code_of()})
    assert response.status_code == 429


def test_a_lock_ends_after_15_minutes(make_staff: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr("axes.handlers.proxy.now", lambda: moment)
    number = make_staff("support").mobile_number
    fail_sign_in(number)
    let_time_pass(timedelta(minutes=14, seconds=50))
    assert not is_signed_in(sign_in(number, code_of()))
    let_time_pass(timedelta(seconds=11))
    assert is_signed_in(sign_in(number, code_of()))


def test_attempts_during_a_lock_do_not_extend_it(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    fail_sign_in(number)
    let_time_pass(timedelta(minutes=10))
    fail_sign_in(number)
    let_time_pass(timedelta(minutes=5))
    assert is_signed_in(sign_in(number, code_of()))


def test_after_a_lock_there_are_five_attempts_again(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    fail_sign_in(number)
    let_time_pass(timedelta(minutes=16))
    fail_sign_in(number)
    assert not is_signed_in(sign_in(number, code_of()))


def test_another_user_agent_allows_no_more_attempts(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for program in range(5):
        fail_sign_in(number, 1, HTTP_USER_AGENT=f"program {program}")
    assert not is_signed_in(sign_in(number, code_of()))


def test_an_ipv6_network_counts_as_one_address(make_staff: Callable[..., User], settings: Any) -> None:
    settings.PROXY_HOPS = 1
    number = make_staff("support").mobile_number
    for host in range(5):
        fail_sign_in(number, 1, HTTP_X_FORWARDED_FOR=f"2001:db8:1:2::{host}")
    here = {"HTTP_X_FORWARDED_FOR": "2001:db8:1:2:ffff::1"}
    response = Client().post(
        "/admin/login/", {"username": number, "password": PASSWORD, "otp_token": code_of()}, **here
    )
    assert response.status_code == 429


def test_one_client_cannot_try_many_numbers(settings: Any) -> None:
    settings.AUTH_REQUESTS_PER_MINUTE = 3
    responses = [
        Client().post("/admin/login/", {"username": f"+91960000000{each}", "password": WRONG, "otp_token": "0"})
        for each in range(4)
    ]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert 1 <= int(responses[-1]["Retry-After"]) <= 60
