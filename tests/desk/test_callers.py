"""Who gets no code has no account: what became of the codes is told by the number, and its lock is ended there."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from accounts import delivery, failed_attempts
from accounts.models import OneTimeCode, StaffAction, Tries, User
from accounts.personal_data import erasure
from tests.desk.conftest import page_of, record, text_of
from tests.doubles.twilio import TwilioDouble

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/accounts/user/"
NUMBER = "+919812345678"
PAGE = f"{PEOPLE}number/"
UNLOCK = f"{PAGE}do/unlock/"


def ask_for_code(status: int = 200) -> None:
    answer = Client().post("/auth/send-otp", {"mobile_number": NUMBER}, content_type="application/json")
    assert answer.status_code == status, answer.content


def minutes_pass() -> None:
    OneTimeCode.objects.update(created_at=F("created_at") - timedelta(minutes=5))


def lock() -> None:
    for _ in range(failed_attempts.CODES_A_DAY):
        failed_attempts.count(number=NUMBER, kind=Tries.Kind.CODE)


def unlock(desk: Client, number: str = NUMBER, **data: Any) -> Any:
    return desk.post(f"{UNLOCK}?q={number.replace('+', '%2B')}", {"reason": "Ticket 17", **data})


@pytest.mark.parametrize("spelling", [NUMBER, "098123 45678", "0091 (98123) 45678"])
def test_a_search_shows_why_no_code_came_and_what_keeps_the_next_from_being_asked_for(
    desk: Client, twilio: TwilioDouble, spelling: str
) -> None:
    twilio.behave(400)
    ask_for_code()
    assert delivery.send(code_id=OneTimeCode.objects.get().pk) == "not_sent"
    lock()
    minutes_pass()
    ask_for_code(429)

    page = text_of(desk.get(PEOPLE, {"q": spelling}, follow=True))
    for words in (NUMBER, "none; it begins when a code is typed in", "refused by the SMS provider", "locked until"):
        assert words in page, words
    [button] = re.findall(r'href="([^"]*/do/[^"]*)"', page)
    assert NUMBER in text_of(desk.get(button))
    answer = desk.post(button, {"reason": "Ticket 17"}, follow=True)

    assert "Unlocked (1)." in text_of(answer)
    assert "locked until" not in text_of(answer)
    ask_for_code()


def test_the_deed_is_recorded_without_the_number_and_shown_on_its_page(desk: Client, support: User) -> None:
    lock()
    unlock(desk)
    row = record()
    assert (row.staff_id, row.user_id, row.action, row.outcome) == (support.pk, None, "unlock", "done")
    assert (row.reason, row.address) == ("Ticket 17", "127.0.0.1")
    assert re.fullmatch("number [0-9a-f]{16}", row.target)
    assert "Ticket 17" in text_of(desk.get(PAGE, {"q": NUMBER}))
    assert "Ticket 17" not in text_of(desk.get(PAGE, {"q": "+919812345679"}))


def test_no_code_and_no_lock_is_told_too(desk: Client) -> None:
    page = text_of(desk.get(PEOPLE, {"q": NUMBER}, follow=True))
    assert "No code was asked for in the last two days." in page
    assert "locked" not in page
    unlock(desk)
    assert record().outcome == "done"


@pytest.mark.parametrize("reason", ["", " "])
def test_without_a_reason_nothing_is_unlocked(desk: Client, reason: str) -> None:
    lock()
    assert unlock(desk, reason=reason).status_code == 200
    assert desk.get(UNLOCK, {"q": NUMBER}).status_code == 200
    assert Tries.objects.get().locked_until is not None
    assert not StaffAction.objects.exists()


def test_who_may_not_unlock_sees_no_button_and_is_refused(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client]
) -> None:
    lock()
    desk = desk_of(make_staff("billing"))
    assert "/do/" not in text_of(desk.get(PEOPLE, {"q": NUMBER}, follow=True))
    assert unlock(desk).status_code == 403
    assert Tries.objects.get().locked_until is not None
    assert not StaffAction.objects.exists()


def test_who_may_not_see_people_is_told_nothing_of_a_number(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], person: User
) -> None:
    desk = desk_of(make_staff())
    for number in (NUMBER, person.mobile_number, "nobody"):
        for path in (PEOPLE, PAGE, UNLOCK):
            assert desk.get(path, {"q": number}).status_code == 403
        assert unlock(desk, number).status_code == 403
    assert Client().get(PAGE, {"q": NUMBER})["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("spelling", ["12345", "+91 98123", "+1 900 234 5678", "nobody", "", "9" * 400])
def test_what_is_no_number_is_called_so(desk: Client, spelling: str) -> None:
    said = "this is no number that codes are sent to"
    assert said in text_of(desk.get(PAGE, {"q": spelling}, follow=True))
    assert said in text_of(desk.get(UNLOCK, {"q": spelling}, follow=True))
    if spelling:
        assert said in text_of(desk.get(PEOPLE, {"q": spelling}))


def test_an_id_of_stripes_that_nobody_has_is_not_taken_for_a_number(desk: Client) -> None:
    assert "no number" not in text_of(desk.get(PEOPLE, {"q": "cus_unknown"}))


def test_a_number_that_has_its_account_by_now_leads_to_the_person(desk: Client, person: User) -> None:
    for answer in (
        desk.get(PAGE, {"q": person.mobile_number}),
        desk.get(PEOPLE, {"q": person.mobile_number, "is_active__exact": "0"}, follow=True),
        unlock(desk, person.mobile_number),
    ):
        assert page_of(person) in (answer.get("Location", ""), answer.request["PATH_INFO"])
    assert not StaffAction.objects.exists()


def test_other_deeds_are_not_done_to_a_number(desk: Client) -> None:
    assert desk.post(f"{PAGE}do/erase/?q=%2B{NUMBER[1:]}", {"reason": "x"}).status_code == 404
    assert not StaffAction.objects.exists()


def test_the_number_is_in_no_log(desk: Client, logged: Any) -> None:
    lock()
    desk.get(PEOPLE, {"q": NUMBER}, follow=True)
    desk.get(UNLOCK, {"q": NUMBER})
    unlock(desk)
    assert logged.getvalue().count("number/do/<slug:name>/") == 2
    assert NUMBER[3:] not in logged.getvalue()


def test_what_was_written_before_the_account_began_goes_with_it(desk: Client, person: User) -> None:
    lock()
    unlock(desk, reason="Asha of Goa called")
    User.objects.filter(pk=person.pk).update(mobile_number=NUMBER)
    erasure.begin(user_id=person.pk)
    assert erasure.erase(user_id=person.pk) == "done"
    row = record()
    assert (row.action, row.reason, row.target, row.outcome) == ("unlock", "", "", "done")
