"""The page of a number without an account shows what became of its codes, and unlocks it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from accounts import delivery, failed_attempts
from accounts.models import FailedAttempts, OneTimeCode, StaffAction, User
from accounts.personal_data import erasure
from tests.admin.conftest import latest_action, page_of, text_of
from tests.doubles.twilio import TwilioDouble

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
NUMBER = "+919812345678"
PAGE = f"{USERS}number/"
UNLOCK = f"{PAGE}do/unlock/"


def request_code(status: int = 200) -> None:
    response = Client().post("/auth/send-otp", {"mobile_number": NUMBER}, content_type="application/json")
    assert response.status_code == status, response.content


def minutes_pass() -> None:
    OneTimeCode.objects.update(created_at=F("created_at") - timedelta(minutes=5))


def lock() -> None:
    for _ in range(failed_attempts.CODES_A_DAY):
        failed_attempts.count(mobile_number=NUMBER, kind=FailedAttempts.Kind.CODE)


def unlock(staff_client: Client, number: str = NUMBER, **data: Any) -> Any:
    return staff_client.post(f"{UNLOCK}?q={number.replace('+', '%2B')}", {"reason": "Ticket 17", **data})


@pytest.mark.parametrize("spelling", [NUMBER, "098123 45678", "0091 (98123) 45678"])
def test_a_search_shows_refused_codes_and_the_lock(staff_client: Client, twilio: TwilioDouble, spelling: str) -> None:
    twilio.behave(400)
    request_code()
    assert delivery.send(code_id=OneTimeCode.objects.get().pk) == "not_sent"
    lock()
    minutes_pass()
    request_code(429)

    page = text_of(staff_client.get(USERS, {"q": spelling}, follow=True))
    for words in (NUMBER, "none; it is created when a code is verified", "refused by the SMS provider", "locked until"):
        assert words in page, words
    [button] = re.findall(r'href="([^"]*/do/[^"]*)"', page)
    assert NUMBER in text_of(staff_client.get(button))
    response = staff_client.post(button, {"reason": "Ticket 17"}, follow=True)

    assert "Unlocked (1)." in text_of(response)
    assert "locked until" not in text_of(response)
    request_code()


def test_an_unlock_is_recorded_without_the_number(staff_client: Client, support: User) -> None:
    lock()
    unlock(staff_client)
    row = latest_action()
    assert (row.staff_id, row.user_id, row.action, row.outcome) == (support.pk, None, "unlock", "done")
    assert (row.reason, row.address) == ("Ticket 17", "127.0.0.1")
    assert re.fullmatch("number [0-9a-f]{16}", row.target)
    assert "Ticket 17" in text_of(staff_client.get(PAGE, {"q": NUMBER}))
    assert "Ticket 17" not in text_of(staff_client.get(PAGE, {"q": "+919812345679"}))


def test_a_number_without_codes_and_lock_has_a_page(staff_client: Client) -> None:
    page = text_of(staff_client.get(USERS, {"q": NUMBER}, follow=True))
    assert "No code was requested in the last two days." in page
    assert "locked" not in page
    unlock(staff_client)
    assert latest_action().outcome == "done"


@pytest.mark.parametrize("reason", ["", " "])
def test_without_a_reason_nothing_is_unlocked(staff_client: Client, reason: str) -> None:
    lock()
    assert unlock(staff_client, reason=reason).status_code == 200
    assert staff_client.get(UNLOCK, {"q": NUMBER}).status_code == 200
    assert FailedAttempts.objects.get().locked_until is not None
    assert not StaffAction.objects.exists()


def test_unlocking_needs_the_permission(make_staff: Callable[..., User], client_of: Callable[[User], Client]) -> None:
    lock()
    staff_client = client_of(make_staff("billing"))
    assert "/do/" not in text_of(staff_client.get(USERS, {"q": NUMBER}, follow=True))
    assert unlock(staff_client).status_code == 403
    assert FailedAttempts.objects.get().locked_until is not None
    assert not StaffAction.objects.exists()


def test_the_page_needs_permission_to_view_users(
    make_staff: Callable[..., User], client_of: Callable[[User], Client], alice: User
) -> None:
    staff_client = client_of(make_staff())
    for number in (NUMBER, alice.mobile_number, "nobody"):
        for path in (USERS, PAGE, UNLOCK):
            assert staff_client.get(path, {"q": number}).status_code == 403
        assert unlock(staff_client, number).status_code == 403
    assert Client().get(PAGE, {"q": NUMBER})["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("spelling", ["12345", "+91 98123", "+1 900 234 5678", "nobody", "", "9" * 400])
def test_an_invalid_number_is_reported(staff_client: Client, spelling: str) -> None:
    warning = "this is not a phone number that codes are sent to"
    assert warning in text_of(staff_client.get(PAGE, {"q": spelling}, follow=True))
    assert warning in text_of(staff_client.get(UNLOCK, {"q": spelling}, follow=True))
    if spelling:
        assert warning in text_of(staff_client.get(USERS, {"q": spelling}))


def test_an_unknown_stripe_id_is_not_taken_for_a_number(staff_client: Client) -> None:
    assert "not a phone number" not in text_of(staff_client.get(USERS, {"q": "cus_unknown"}))


def test_a_number_with_an_account_redirects_to_the_user(staff_client: Client, alice: User) -> None:
    for response in (
        staff_client.get(PAGE, {"q": alice.mobile_number}),
        staff_client.get(USERS, {"q": alice.mobile_number, "is_active__exact": "0"}, follow=True),
        unlock(staff_client, alice.mobile_number),
    ):
        assert page_of(alice) in (response.get("Location", ""), response.request["PATH_INFO"])
    assert not StaffAction.objects.exists()


def test_a_number_has_no_other_actions(staff_client: Client) -> None:
    assert staff_client.post(f"{PAGE}do/erase/?q=%2B{NUMBER[1:]}", {"reason": "x"}).status_code == 404
    assert not StaffAction.objects.exists()


def test_the_number_is_in_no_log(staff_client: Client, logged: Any) -> None:
    lock()
    staff_client.get(USERS, {"q": NUMBER}, follow=True)
    staff_client.get(UNLOCK, {"q": NUMBER})
    unlock(staff_client)
    assert logged.getvalue().count("number/do/<slug:name>/") == 2
    assert NUMBER[3:] not in logged.getvalue()


def test_an_erasure_clears_actions_from_before_the_account(staff_client: Client, alice: User) -> None:
    lock()
    unlock(staff_client, reason="Alice of Goa called")
    User.objects.filter(pk=alice.pk).update(mobile_number=NUMBER)
    erasure.begin(user_id=alice.pk)
    assert erasure.erase(user_id=alice.pk) == "done"
    row = latest_action()
    assert (row.action, row.reason, row.target, row.outcome) == ("unlock", "", "", "done")
