"""Codes on their way: to the console, by Twilio, never twice, and found again when a task was lost."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from accounts import delivery, otp, sms, tasks
from accounts.models import OneTimeCode, Purpose
from tests.doubles.twilio import TwilioDouble


@pytest.fixture
def ask(db: None, number: str) -> Callable[[], OneTimeCode]:
    def make() -> OneTimeCode:
        otp.request(otp.CodeRequest(mobile_number=number, purpose=Purpose.SIGN_IN), address="192.0.2.1")
        return OneTimeCode.objects.latest("pk")

    return make


def test_the_answer_keeps_the_code_to_itself(client: Any, number: str, twilio: TwilioDouble) -> None:
    response = client.send("/auth/send-otp", mobile_number=number)
    assert set(response.json()) == {"message", "expires_in", "resend_after"}
    assert OneTimeCode.objects.get().digest == "", "the digits are made when they are delivered"
    assert twilio.calls() == 0, "a request waits for no provider"


def test_the_task_is_published_on_commit_with_an_id(
    client: Any, number: str, twilio: TwilioDouble, django_capture_on_commit_callbacks: Any
) -> None:
    from unittest import mock

    with mock.patch("accounts.otp.publish") as publish:
        with django_capture_on_commit_callbacks() as callbacks:
            client.send("/auth/send-otp", mobile_number=number)
        assert not publish.called
        [publish_now] = callbacks
        publish_now()
    assert publish.call_args.args == ("accounts.tasks.send_code", OneTimeCode.objects.get().pk)


def test_twilio_is_given_the_code_that_signs_in(
    client: Any, number: str, twilio: TwilioDouble, ask: Callable[[], OneTimeCode]
) -> None:
    assert tasks.send_code(ask().pk) == "sent"
    [message] = twilio.ledger()
    assert (message["To"], message["From"]) == (number, "+15005550006")
    digits = twilio.code_for(number)
    assert digits in message["Body"]
    assert len(message["Body"]) <= 160, "longer than one SMS"
    assert client.send("/auth/verify-otp", mobile_number=number, otp=digits).status_code == 200


def test_a_messaging_service_sends_too(twilio: TwilioDouble, ask: Callable[[], OneTimeCode], settings: Any) -> None:
    settings.TWILIO_FROM = "MG0123456789abcdef0123456789abcdef"
    assert tasks.send_code(ask().pk) == "sent"
    assert twilio.ledger()[0]["MessagingServiceSid"] == settings.TWILIO_FROM


def test_a_task_that_runs_twice_sends_once(twilio: TwilioDouble, ask: Callable[[], OneTimeCode]) -> None:
    code = ask()
    assert [tasks.send_code(code.pk) for _ in range(3)] == ["sent", "gone", "gone"]
    assert len(twilio.ledger()) == 1


@pytest.mark.parametrize("mode", ["cut", 500, 503])
def test_what_may_have_been_sent_is_not_sent_again(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None], mode: str | int
) -> None:
    twilio.behave(mode)
    code = ask()
    assert tasks.send_code(code.pk) == "unknown"
    pass_time(10)
    assert delivery.due() == []
    assert OneTimeCode.objects.get().digest, "it may have arrived, so it works"


def test_a_slow_answer_is_given_up(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "READ_TIMEOUT", 0.3)
    twilio.behave("hang")
    assert tasks.send_code(ask().pk) == "unknown"


@pytest.mark.parametrize("mode", [400, 401, 403, "redirect"])
def test_what_was_refused_for_good_is_given_up(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None], mode: str | int
) -> None:
    twilio.behave(mode)
    code = ask()
    assert tasks.send_code(code.pk) == "not_sent"
    pass_time(10)
    assert delivery.due() == []
    assert (twilio.ledger(), tasks.send_code(code.pk), twilio.calls()) == ([], "gone", 1)


def test_a_busy_twilio_is_asked_again(
    client: Any, number: str, twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None]
) -> None:
    twilio.behave(429, 429)
    code = ask()
    assert tasks.send_code(code.pk) == "not_sent"
    pass_time(6)
    assert delivery.due() == [code.pk]
    assert [tasks.send_code(code.pk) for _ in range(2)] == ["not_sent", "sent"]
    assert client.send("/auth/verify-otp", mobile_number=number, otp=twilio.code_for(number)).status_code == 200


def test_a_code_is_tried_three_times_at_most(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None]
) -> None:
    twilio.behave(*[429] * 10)
    code = ask()
    assert [tasks.send_code(code.pk) for _ in range(4)] == ["not_sent"] * 3 + ["gone"]
    pass_time(6)
    assert (delivery.due(), twilio.calls()) == ([], 3)


def test_a_provider_that_cannot_be_reached_is_asked_again(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None], settings: Any
) -> None:
    settings.TWILIO_BASE_URL = "http://127.0.0.1:9"
    code = ask()
    assert tasks.send_code(code.pk) == "not_sent"
    pass_time(6)
    assert delivery.due() == [code.pk]


def test_a_lost_task_is_published_again(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None]
) -> None:
    from unittest import mock

    code = ask()
    with mock.patch("accounts.tasks.publish", return_value=True) as publish:
        assert tasks.send_waiting_codes() == 0, "its own task may still come"
        pass_time(6)
        assert tasks.send_waiting_codes() == 1
        pass_time(115)
        assert tasks.send_waiting_codes() == 0, "the user no longer waits"
    assert [call.args for call in publish.call_args_list] == [("accounts.tasks.send_code", code.pk)]


def test_a_stale_code_is_not_sent(
    twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None]
) -> None:
    code = ask()
    pass_time(120)
    assert (tasks.send_code(code.pk), twilio.calls()) == ("gone", 0)


def test_a_code_that_was_not_delivered_yet_cannot_be_guessed(
    client: Any, number: str, twilio: TwilioDouble, ask: Callable[[], OneTimeCode]
) -> None:
    ask()
    assert client.send("/auth/verify-otp", mobile_number=number, otp="000000").status_code == 400
    assert OneTimeCode.objects.get().guesses == 0


def test_the_five_minutes_begin_with_the_delivery(
    client: Any, number: str, twilio: TwilioDouble, ask: Callable[[], OneTimeCode], pass_time: Callable[[float], None]
) -> None:
    code = ask()
    pass_time(100)
    tasks.send_code(code.pk)
    pass_time(290)
    assert client.send("/auth/verify-otp", mobile_number=number, otp=twilio.code_for(number)).status_code == 200


def test_the_mock_delivery_never_prints_a_code(
    ask: Callable[[], OneTimeCode], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SMS_DELIVERY = "console"
    code = ask()
    settings.SMS_DELIVERY = "response"
    assert [tasks.send_code(code.pk) for _ in range(2)] == ["not_sent", "gone"]
    assert not re.search(r"[0-9]{6}", capsys.readouterr().out)


def test_the_console_shows_the_code(
    client: Any, number: str, ask: Callable[[], OneTimeCode], settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SMS_DELIVERY = "console"
    assert tasks.send_code(ask().pk) == "sent"
    printed = capsys.readouterr()
    [digits] = re.findall(r"\b[0-9]{6}\b", printed.out)
    assert digits not in printed.err, "it is no log line"
    assert client.send("/auth/verify-otp", mobile_number=number, otp=digits).status_code == 200
