"""How often somebody may try to sign in at the desk: five times, whatever is wrong, and never for long."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import Client
from django.utils.timezone import now

from accounts.models import User
from tests.desk.conftest import PASSWORD, code_of, is_in, sign_in

pytestmark = pytest.mark.django_db

WRONG = "wrong wrong wrong wrong"


def fail(number: str, times: int = 5, **extra: Any) -> None:
    for _ in range(times):
        sign_in(number, "000000", password=WRONG, **extra)


def let_pass(period: timedelta) -> None:
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - period)


def test_wrong_codes_count_like_wrong_passwords(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for _ in range(5):
        sign_in(number, "12345")
    answer = Client().post("/admin/login/", {"username": number, "password": PASSWORD, "otp_token": code_of()})
    assert answer.status_code == 429


def test_a_lock_is_over_after_a_quarter_of_an_hour(
    make_staff: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr("axes.handlers.proxy.now", lambda: moment)
    number = make_staff("support").mobile_number
    fail(number)
    let_pass(timedelta(minutes=14, seconds=50))
    assert not is_in(sign_in(number, code_of()))
    let_pass(timedelta(seconds=11))
    assert is_in(sign_in(number, code_of()))


def test_tries_while_it_is_locked_do_not_make_it_longer(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    fail(number)
    let_pass(timedelta(minutes=10))
    fail(number)
    let_pass(timedelta(minutes=5))
    assert is_in(sign_in(number, code_of()))


def test_after_a_lock_there_are_five_tries_again_and_no_more(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    fail(number)
    let_pass(timedelta(minutes=16))
    fail(number)
    assert not is_in(sign_in(number, code_of()))


def test_another_program_does_not_buy_more_tries(make_staff: Callable[..., User]) -> None:
    number = make_staff("support").mobile_number
    for program in range(5):
        fail(number, 1, HTTP_USER_AGENT=f"program {program}")
    assert not is_in(sign_in(number, code_of()))


def test_an_ipv6_network_is_one_address(make_staff: Callable[..., User], settings: Any) -> None:
    settings.PROXY_HOPS = 1
    number = make_staff("support").mobile_number
    for host in range(5):
        fail(number, 1, HTTP_X_FORWARDED_FOR=f"2001:db8:1:2::{host}")
    here = {"HTTP_X_FORWARDED_FOR": "2001:db8:1:2:ffff::1"}
    answer = Client().post("/admin/login/", {"username": number, "password": PASSWORD, "otp_token": code_of()}, **here)
    assert answer.status_code == 429


def test_one_client_cannot_try_one_number_after_the_other(settings: Any) -> None:
    settings.AUTH_REQUESTS_PER_MINUTE = 3
    codes = [
        Client().post("/admin/login/", {"username": f"+91960000000{each}", "password": WRONG, "otp_token": "0"})
        for each in range(4)
    ]
    assert [answer.status_code for answer in codes] == [200, 200, 200, 429]
    assert 1 <= int(codes[-1]["Retry-After"]) <= 60
