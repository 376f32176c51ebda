"""The actions of billing: grants, units, and what is fetched from Stripe."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from djstripe.models import Customer

from accounts.models import StaffAction, User
from accounts.personal_data import erasure
from accounts.staff import roles
from billing import entitlements, grants, quota
from billing.models import LedgerEntry, StripeEvent, Tier
from chatrooms import conversation
from chatrooms.models import Chatroom, Reply
from tests.admin.conftest import books_agree, latest_action, page_of, run_action, units_used
from tests.billing.stripe_fixtures import subscribe

pytestmark = pytest.mark.django_db


def spend(user: User, units: int) -> None:
    tier = Tier.objects.get(slug=Tier.BASIC)
    for _ in range(units):
        quota.consume(user_id=user.pk, tier=tier, kind=LedgerEntry.Kind.SEND)


def test_a_grant_names_erased_staff_by_id(
    staff_client: Client,
    alice: User,
    support: User,
    make_staff: Callable[..., User],
    client_of: Callable[[User], Client],
) -> None:
    run_action(staff_client, alice, "grant_pro", ends_on=(date.today() + timedelta(days=10)).isoformat())
    roles.remove_from_staff(user=support)
    erasure.begin(user_id=support.pk)
    assert erasure.erase(user_id=support.pk) == "done"
    after = client_of(make_staff("support"))
    for path in (page_of(alice), f"/admin/billing/grant/{alice.grants.get().pk}/change/"):
        page = after.get(path)
        assert page.status_code == 200
        assert f"user {support.pk} (erased)" in page.content.decode()
    assert entitlements.current_tier_status(user_id=alice.pk).source == "grant"


def test_pro_is_granted_until_the_end_of_a_day(staff_client: Client, alice: User, support: User) -> None:
    day = date.today() + timedelta(days=10)
    run_action(staff_client, alice, "grant_pro", ends_on=day.isoformat())
    status = entitlements.current_tier_status(user_id=alice.pk)
    assert (status.tier.slug, status.source) == ("pro", "grant")
    assert status.until is not None
    assert status.until.isoformat() == f"{day}T23:59:59+00:00"
    assert alice.grants.get().granted_by_id == support.pk


@pytest.mark.parametrize("days", [-1, 400])
def test_a_grant_needs_an_end_within_a_year(staff_client: Client, alice: User, days: int) -> None:
    run_action(staff_client, alice, "grant_pro", ends_on=(date.today() + timedelta(days=days)).isoformat())
    assert not alice.grants.exists()
    assert not StaffAction.objects.exists()


def test_grants_are_revoked(staff_client: Client, alice: User) -> None:
    for days in (3, 30):
        grants.give(user_id=alice.pk, ends_at=timezone.now() + timedelta(days=days), reason="x", granted_by=None)
    run_action(staff_client, alice, "revoke_pro")
    assert entitlements.tier_of(user_id=alice.pk).slug == "basic"


def test_units_are_refunded_and_the_books_agree(staff_client: Client, alice: User) -> None:
    spend(alice, 5)
    run_action(staff_client, alice, "give_back", units="2")
    assert units_used(alice) == 3
    assert books_agree(alice)
    run_action(staff_client, alice, "give_back", units="900")
    assert units_used(alice) == 0
    assert books_agree(alice)


def test_an_allowance_is_reset_only_once(staff_client: Client, alice: User) -> None:
    spend(alice, 4)
    run_action(staff_client, alice, "reset_allowance")
    assert units_used(alice) == 0
    response = run_action(staff_client, alice, "reset_allowance")
    assert latest_action().outcome == "not_now"
    assert "Not done" in staff_client.get(response["Location"]).content.decode()
    assert books_agree(alice)


def test_a_unit_refunded_by_staff_is_not_refunded_again(staff_client: Client, alice: User, room: Chatroom) -> None:
    message = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    run_action(staff_client, alice, "reset_allowance")
    assert not quota.refund(unit_id=Reply.objects.get(answers_id=message.pk).unit_id)
    assert units_used(alice) == 0


def test_a_resync_gives_pro_to_a_user_who_paid(staff_client: Client, alice: User, stripe_double: Any) -> None:
    subscribe(stripe_double, alice)
    assert entitlements.tier_of(user_id=alice.pk).slug == "basic", "its webhook was lost"
    run_action(staff_client, alice, "resync")
    assert entitlements.tier_of(user_id=alice.pk).slug == "pro"
    assert latest_action().outcome == "done"


def test_a_resync_finds_a_customer_marked_as_deleted(staff_client: Client, alice: User, stripe_double: Any) -> None:
    subscribe(stripe_double, alice)
    Customer.objects.update(date_purged=timezone.now())
    run_action(staff_client, alice, "resync")
    assert entitlements.tier_of(user_id=alice.pk).slug == "pro"


def test_a_resync_without_a_customer_says_so(staff_client: Client, alice: User) -> None:
    response = run_action(staff_client, alice, "resync")
    assert latest_action().outcome == "no_subscription"
    assert "Not done" in staff_client.get(response["Location"]).content.decode()


def test_an_event_is_processed_again(staff_client: Client, alice: User) -> None:
    Customer.objects.create(id="cus_1", livemode=False, subscriber=alice, stripe_data={})
    event = StripeEvent.objects.create(
        event_id="evt_1", type="invoice.paid", customer_id="cus_1", next_attempt_at=None, attempts=12, error="x"
    )
    run_action(staff_client, event, "replay")
    event.refresh_from_db()
    assert (event.attempts, event.error) == (0, "")
    assert event.next_attempt_at is not None
    assert latest_action().user_id == alice.pk, "an erasure clears what staff wrote about the user"


def test_an_event_without_a_user_is_processed_again(staff_client: Client) -> None:
    event = StripeEvent.objects.create(event_id="e", type="price.updated", next_attempt_at=None, attempts=12, error="x")
    run_action(staff_client, event, "replay")
    assert latest_action().user_id is None
