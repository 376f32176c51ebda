"""Guesses at one staff account from ever new addresses: the code bounds them, which no address can reset."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from tests.admin.conftest import PASSWORD, code_of, is_signed_in, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("minutes", [40, pytest.param(10, marks=pytest.mark.faults)])
def test_a_day_of_guesses_with_the_right_password_is_seventeen(
    make_staff: Callable[..., User], monkeypatch: pytest.MonkeyPatch, settings: Any, minutes: int
) -> None:
    settings.PROXY_HOPS = 1
    settings.AUTH_REQUESTS_PER_MINUTE = 1_000_000
    now = [timezone.now()]
    monkeypatch.setattr("django_otp.models.timezone", SimpleNamespace(now=lambda: now[0]))
    staff = make_staff("support")

    def attempt(code: str, address: str) -> bool:
        return is_signed_in(sign_in(staff.mobile_number, code, password=PASSWORD, HTTP_X_FORWARDED_FOR=address))

    for turn in range(24 * 60 // minutes):
        assert not attempt("000000", f"203.0.{turn // 250}.{1 + turn % 250}")
        now[0] += timedelta(minutes=minutes)
    device = TOTPDevice.objects.get(user=staff)
    assert 10 <= device.throttling_failure_count <= 17, "each failure doubles the pause after it"
    now[0] = device.throttling_failure_timestamp + timedelta(seconds=60)
    assert not attempt(code_of(), "198.51.100.7"), "the right code is not evaluated either"
    now[0] += timedelta(seconds=2 ** (device.throttling_failure_count - 1))
    assert attempt(code_of(), "198.51.100.7")
    assert TOTPDevice.objects.get(user=staff).throttling_failure_count == 0
