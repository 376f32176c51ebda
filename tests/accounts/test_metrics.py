"""What is counted of SMS, sign-ins and their locks."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from accounts import delivery, otp, sms
from accounts.models import OneTimeCode, Purpose
from config.http.metrics_endpoint import exposition

Rises = Callable[..., None]


@pytest.fixture
def waiting(db: None, number: str, settings: Any) -> OneTimeCode:
    settings.SMS_DELIVERY = "twilio"
    otp.request(otp.CodeRequest(mobile_number=number, purpose=Purpose.SIGN_IN), address="192.0.2.1")
    return OneTimeCode.objects.latest("pk")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "sent"),
        (sms.NotDelivered(may_be_repeated=True), "not_sent"),
        (sms.NotDelivered(may_be_repeated=False), "not_sent"),
        (sms.DeliveryUnknown(), "unknown"),
    ],
)
def test_a_code_is_counted_by_how_its_delivery_went(
    waiting: OneTimeCode, monkeypatch: pytest.MonkeyPatch, rises: Rises, error: Exception | None, outcome: str
) -> None:
    def deliver(**_: Any) -> None:
        if error:
            raise error

    monkeypatch.setattr(sms, "deliver", deliver)
    rises("kuvaka_sms_total", outcome=outcome)
    assert delivery.send(code_id=waiting.pk) == outcome


@pytest.mark.django_db
@pytest.mark.parametrize(("limit", "ceiling"), [("SMS_PER_COUNTRY_DAY", "country"), ("SMS_PER_DAY", "all")])
def test_a_ceiling_that_refuses_is_counted(
    client: Any, number: str, settings: Any, rises: Rises, limit: str, ceiling: str
) -> None:
    setattr(settings, limit, 1)
    client.send("/auth/send-otp", mobile_number=number)
    rises("kuvaka_sms_ceiling_reached_total", ceiling=ceiling)
    assert client.send("/auth/send-otp", mobile_number="+919876500777").status_code == 503


@pytest.mark.django_db
def test_failed_sign_ins_and_locks_are_logged_without_numbers(
    client: Any, number: str, rises: Rises, logged: io.StringIO
) -> None:
    rises("kuvaka_security_events_total", by=5, event="sign_in_failed")
    rises("kuvaka_security_events_total", by=1, event="locked")
    for _ in range(6):
        client.send("/auth/login", mobile_number=number, password="a wrong one, and long")
    lines = [line for line in logged.getvalue().splitlines() if "security." in line]
    assert [("sign_in_failed" in line, "locked" in line) for line in lines].count((True, False)) == 5
    assert [line for line in lines if "security.locked " in line] == lines[4:5], "the fifth failure locks"
    assert all("request_id=" in line and "address=" in line for line in lines)
    assert number[3:] not in exposition().decode() + logged.getvalue()
