"""What the staff do to a person: confirmed, permitted, recorded, and done."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone
from djstripe.models import Customer

from accounts import sessions
from accounts.admin.base import deeds_to_people
from accounts.models import Session, StaffAction, Tries, User
from accounts.staff.audit_trail import recorded
from billing import entitlements, grants, quota
from billing.models import DailyUsage, LedgerEntry, StripeEvent, Tier
from chatrooms import conversation
from chatrooms.models import Chatroom, Reply, Status
from tests.billing.stripe_fixtures import subscribe
from tests.desk.conftest import do, page_of, record

pytestmark = pytest.mark.django_db


def spend(person: User, units: int) -> None:
    tier = Tier.objects.get(slug=Tier.BASIC)
    for _ in range(units):
        quota.take(user_id=person.pk, tier=tier, kind=LedgerEntry.Kind.SEND)


def used(person: User) -> int:
    return DailyUsage.objects.get(user=person).used


def books_agree(person: User) -> bool:
    return used(person) == sum(LedgerEntry.objects.filter(user=person).values_list("amount", flat=True))


def test_a_deed_is_recorded_with_who_whom_why_and_how_it_went(desk: Client, person: User, support: User) -> None:
    do(desk, person, "sign_out")
    row = record()
    assert (row.staff_id, row.user_id, row.action) == (support.pk, person.pk, "sign_out")
    assert (row.reason, row.outcome, row.address) == ("Ticket 17", "done", "127.0.0.1")
    assert row.request_id


@pytest.mark.parametrize("deed", [deed.name for deed in deeds_to_people()])
def test_without_a_reason_nothing_is_done_or_recorded(desk: Client, person: User, deed: str) -> None:
    before = User.objects.filter(pk=person.pk).values().get()
    answer = do(desk, person, deed, reason=" ")
    assert answer.status_code == 200
    assert not StaffAction.objects.exists()
    assert User.objects.filter(pk=person.pk).values().get() == before


@pytest.mark.parametrize("deed", [deed.name for deed in deeds_to_people()])
def test_looking_at_the_confirmation_does_nothing(desk: Client, person: User, deed: str) -> None:
    assert desk.get(f"/admin/accounts/user/{person.pk}/do/{deed}/").status_code == 200
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize("deed", [deed.name for deed in deeds_to_people()])
def test_each_deed_needs_its_own_permission(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], person: User, deed: str
) -> None:
    from django.contrib.auth.models import Permission

    looker = make_staff()
    looker.user_permissions.add(Permission.objects.get(codename="view_user"))
    answer = do(desk_of(looker), person, deed)
    assert answer.status_code == 403
    assert not StaffAction.objects.exists()
    assert f"/do/{deed}/" not in desk_of(looker).get(page_of(person)).content.decode()


def test_signed_out_everywhere(desk: Client, person: User) -> None:
    for _ in range(3):
        sessions.start(user=person, method=Session.Method.CODE, user_agent="")
    do(desk, person, "sign_out")
    assert not Session.objects.filter(user=person, revoked_at=None).exists()


def test_disabled_and_enabled(desk: Client, person: User) -> None:
    sessions.start(user=person, method=Session.Method.CODE, user_agent="")
    do(desk, person, "disable")
    person.refresh_from_db()
    assert not person.is_active
    assert not Session.objects.filter(user=person, revoked_at=None).exists()
    do(desk, person, "enable")
    person.refresh_from_db()
    assert person.is_active


def test_staff_are_neither_disabled_nor_erased(desk: Client, make_staff: Callable[..., User]) -> None:
    colleague = make_staff("billing")
    for deed in ("disable", "erase"):
        do(desk, colleague, deed)
    colleague.refresh_from_db()
    assert colleague.is_active
    assert colleague.erasing_at is None


def test_a_lock_is_ended(desk: Client, person: User) -> None:
    for kind in ("code", "password"):
        Tries.objects.create(
            number=person.mobile_number, kind=kind, failures=100, locked_until=Now() + timedelta(days=900)
        )
    do(desk, person, "unlock")
    assert list(Tries.objects.values_list("failures", "locked_until")) == [(0, None), (0, None)]


def test_an_export_is_the_persons_file(desk: Client, person: User, failed: Reply) -> None:
    answer = do(desk, person, "export")
    document = json.loads(b"".join(answer.streaming_content))
    assert document["account"][0]["mobile_number"] == person.mobile_number
    assert document["messages"][0]["content"] == "A secret question"
    assert "attachment" in answer["Content-Disposition"]


def test_an_erasure_begins_at_once_and_leaves_no_words_of_the_staff(
    desk: Client, person: User, failed: Reply, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    from accounts.personal_data import erasure

    do(desk, person, "sign_out", reason="Asha of Goa called about her divorce")
    do(desk, person, "erase")
    person.refresh_from_db()
    assert not person.is_active
    assert person.erasing_at is not None
    assert erasure.erase(user_id=person.pk) == "done"
    assert not User.objects.filter(pk=person.pk).exists()
    kept = StaffAction.objects.order_by("pk").values_list("action", "user_id", "reason", "outcome")
    assert list(kept) == [("sign_out", None, "", "done"), ("erase", None, "", "done")]


def test_who_did_a_deed_is_told_when_their_account_is_gone(
    desk: Client, person: User, support: User, make_staff: Callable[..., User], desk_of: Callable[[User], Client]
) -> None:
    from accounts.personal_data import erasure
    from accounts.staff import roles

    do(desk, person, "disable", reason="Abuse")
    deed = record()
    roles.take(user=support)
    erasure.begin(user_id=support.pk)
    assert erasure.erase(user_id=support.pk) == "done"
    with recorded(action="erase", user_id=person.pk):
        pass
    after = desk_of(make_staff("support"))
    record_of_all, theirs = "/admin/accounts/staffaction/", f"user {support.pk} (erased)"
    for path in (record_of_all, f"{record_of_all}{deed.pk}/change/", f"{record_of_all}?q={support.pk}"):
        page = after.get(path).content.decode()
        assert (page.count(theirs), "Abuse" in page) == (1, True), path
        assert page.count("command<") == (path == record_of_all), path
    page = after.get(page_of(person)).content.decode()
    assert (page.count(theirs), page.count("command<")) == (1, 1)
    assert page_of(support) not in page


def test_who_granted_pro_is_told_when_their_account_is_gone(
    desk: Client, person: User, support: User, make_staff: Callable[..., User], desk_of: Callable[[User], Client]
) -> None:
    from accounts.personal_data import erasure
    from accounts.staff import roles

    do(desk, person, "grant_pro", ends_on=(date.today() + timedelta(days=10)).isoformat())
    roles.take(user=support)
    erasure.begin(user_id=support.pk)
    assert erasure.erase(user_id=support.pk) == "done"
    after = desk_of(make_staff("support"))
    for path in (page_of(person), f"/admin/billing/grant/{person.grants.get().pk}/change/"):
        page = after.get(path)
        assert page.status_code == 200
        assert f"user {support.pk} (erased)" in page.content.decode()
    assert entitlements.standing_of(user_id=person.pk).source == "grant"


def test_pro_is_granted_until_the_end_of_a_day(desk: Client, person: User, support: User) -> None:
    day = date.today() + timedelta(days=10)
    do(desk, person, "grant_pro", ends_on=day.isoformat())
    standing = entitlements.standing_of(user_id=person.pk)
    assert (standing.tier.slug, standing.source) == ("pro", "grant")
    assert standing.until is not None
    assert standing.until.isoformat() == f"{day}T23:59:59+00:00"
    assert person.grants.get().granted_by_id == support.pk


@pytest.mark.parametrize("days", [-1, 400])
def test_no_grant_without_a_near_end(desk: Client, person: User, days: int) -> None:
    do(desk, person, "grant_pro", ends_on=(date.today() + timedelta(days=days)).isoformat())
    assert not person.grants.exists()
    assert not StaffAction.objects.exists()


def test_grants_are_revoked(desk: Client, person: User) -> None:
    for days in (3, 30):
        grants.give(user_id=person.pk, ends_at=timezone.now() + timedelta(days=days), reason="x", granted_by=None)
    do(desk, person, "revoke_pro")
    assert entitlements.tier_of(user_id=person.pk).slug == "basic"


def test_units_are_given_back_and_the_books_agree(desk: Client, person: User) -> None:
    spend(person, 5)
    do(desk, person, "give_back", units="2")
    assert used(person) == 3
    assert books_agree(person)
    do(desk, person, "give_back", units="900")
    assert used(person) == 0
    assert books_agree(person)


def test_an_allowance_is_reset_once(desk: Client, person: User) -> None:
    spend(person, 4)
    do(desk, person, "reset_allowance")
    assert used(person) == 0
    answer = do(desk, person, "reset_allowance")
    assert record().outcome == "not_now"
    assert "Not done" in desk.get(answer["Location"]).content.decode()
    assert books_agree(person)


def test_a_unit_given_back_at_the_desk_is_not_given_back_again_when_its_answer_fails(
    desk: Client, person: User, room: Chatroom
) -> None:
    message = conversation.send(user_id=person.pk, room_id=room.pk, content="Hello")
    do(desk, person, "reset_allowance")
    assert not quota.give_back(unit_id=Reply.objects.get(answers=message).unit_id)
    assert used(person) == 0


def test_who_paid_and_is_not_pro_is_brought_up_to_date(desk: Client, person: User, stripe_double: Any) -> None:
    subscribe(stripe_double, person)
    assert entitlements.tier_of(user_id=person.pk).slug == "basic", "its webhook was lost"
    do(desk, person, "resync")
    assert entitlements.tier_of(user_id=person.pk).slug == "pro"
    assert record().outcome == "done"


def test_a_resync_finds_a_customer_that_was_taken_for_deleted(desk: Client, person: User, stripe_double: Any) -> None:
    subscribe(stripe_double, person)
    Customer.objects.update(date_purged=timezone.now())
    do(desk, person, "resync")
    assert entitlements.tier_of(user_id=person.pk).slug == "pro"


def test_a_resync_of_who_never_paid_says_so(desk: Client, person: User) -> None:
    answer = do(desk, person, "resync")
    assert record().outcome == "no_subscription"
    assert "Not done" in desk.get(answer["Location"]).content.decode()


def test_an_answer_is_tried_again_at_no_cost(desk: Client, person: User, failed: Reply) -> None:
    before = used(person)
    do(desk, failed, "retry")
    failed.refresh_from_db()
    assert (failed.status, failed.error, failed.tries_left) == (Status.QUEUED, "", 3)
    assert used(person) == before
    assert books_agree(person)
    assert (record().user_id, record().target) == (person.pk, f"reply {failed.pk}")


def test_an_answer_that_has_not_failed_is_left_alone(desk: Client, person: User, failed: Reply) -> None:
    do(desk, failed, "retry")
    count = StaffAction.objects.count()
    do(desk, failed, "retry")
    assert StaffAction.objects.count() == count


def test_an_event_is_processed_again(desk: Client, person: User) -> None:
    Customer.objects.create(id="cus_1", livemode=False, subscriber=person, stripe_data={})
    event = StripeEvent.objects.create(
        event_id="evt_1", type="invoice.paid", customer_id="cus_1", next_try_at=None, tries=12, error="x"
    )
    do(desk, event, "replay")
    event.refresh_from_db()
    assert (event.tries, event.error) == (0, "")
    assert event.next_try_at is not None
    assert record().user_id == person.pk, "an erasure empties what staff wrote about the person"


def test_an_event_that_is_nobodys_is_processed_again_too(desk: Client) -> None:
    event = StripeEvent.objects.create(event_id="evt_1", type="price.updated", next_try_at=None, tries=12, error="x")
    do(desk, event, "replay")
    assert record().user_id is None


def test_rows_are_not_edited_added_or_deleted_by_hand(
    make_staff: Callable[..., User], desk_of: Callable[[User], Client], person: User, failed: Reply
) -> None:
    root = desk_of(make_staff(is_superuser=True))
    for path in (page_of(person), f"/admin/chatrooms/reply/{failed.pk}/change/"):
        assert root.post(path, {"mobile_number": "+919999999999", "status": "done"}).status_code == 403
    for name in ("accounts/user", "chatrooms/reply", "billing/tier", "accounts/staffaction"):
        assert root.get(f"/admin/{name}/add/").status_code == 403
        assert root.post(f"/admin/{name}/1/delete/", {"post": "yes"}).status_code in (302, 403)
    assert User.objects.filter(pk=person.pk).exists()
