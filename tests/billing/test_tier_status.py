"""Which tier a user has, and why: the table of Stripe's statuses, grants by staff, and the database's clock."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from djstripe.models import Customer, Subscription
from rest_framework.test import APIClient

from accounts.models import User
from billing import entitlement_dates, entitlements, grants
from billing.entitlements import current_tier_status
from billing.models import Entitlement, Grant, Tier
from tests.clients import signed_in
from tests.doubles.stripe import objects
from tests.factories import make_user
from tests.locks import wait_for_a_waiter

START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2026, 12, 1, tzinfo=UTC)
PRICE = objects.price(now=1, params={"currency": "usd", "product": "kuvaka_pro", "unit_amount": "999"})


def subscription(*, product: str = "kuvaka_pro", start: datetime = START, end: datetime = END, **values: Any) -> Any:
    """A subscription as Stripe sends it."""
    made = objects.subscription(
        now=int(start.timestamp()),
        end=int(end.timestamp()),
        customer="cus_1",
        price={**PRICE, "product": product},
        metadata={},
    )
    return {**made, **values}


@pytest.mark.parametrize(
    ("values", "until"),
    [
        ({"status": "active"}, END + timedelta(days=3)),
        ({"status": "trialing"}, END + timedelta(days=3)),
        ({"status": "active", "cancel_at": int(END.timestamp())}, END),
        ({"status": "active", "cancel_at_period_end": True}, END),
        ({"status": "active", "cancel_at": int(START.timestamp()) + 60}, START + timedelta(minutes=1)),
        ({"status": "active", "cancel_at": int(END.timestamp()) + 86400}, END + timedelta(days=1)),
        ({"status": "active", "cancel_at": int(END.timestamp()) + 60 * 86400}, END + timedelta(days=3)),
        ({"status": "active", "pause_collection": {"behavior": "void"}}, END + timedelta(days=3)),
        ({"status": "past_due"}, START + timedelta(days=7)),
        *[
            ({"status": status}, None)
            for status in ("unpaid", "paused", "incomplete", "incomplete_expired", "canceled", "a_new_one")
        ],
    ],
)
def test_the_table_of_statuses(values: dict[str, Any], until: datetime | None) -> None:
    assert entitlement_dates.read(subscription(**values)).pro_until == until


def test_an_older_shape_has_its_period_at_the_top() -> None:
    old = subscription(status="active", current_period_end=int(END.timestamp()))
    for item in old["items"]["data"]:
        del item["current_period_end"]
    assert entitlement_dates.read(old).period_end == END


@pytest.fixture
def user(db: None) -> User:
    Tier.objects.filter(slug=Tier.PRO).update(stripe_product="kuvaka_pro", stripe_price="price_1")
    user = make_user()
    Customer.objects.create(id="cus_1", livemode=settings.STRIPE_LIVE_MODE, subscriber=user, stripe_data={})
    return user


def mirrored(content: dict[str, Any]) -> Subscription:
    customer = Customer.objects.get(id="cus_1")
    row = Subscription.objects.create(id=content["id"], customer=customer, livemode=False, stripe_data=content)
    entitlements.recompute_stripe(user_id=customer.subscriber_id)
    return row


def save(row: Subscription | Customer) -> None:
    row.save()
    entitlements.recompute_stripe(user_id=Customer.objects.get(id="cus_1").subscriber_id)


def running(**values: Any) -> dict[str, Any]:
    """A subscription whose period has not ended."""
    now = datetime.now(UTC).replace(microsecond=0)
    made: dict[str, Any] = subscription(
        start=now - timedelta(days=1), end=now + timedelta(days=29), **{"status": "active", **values}
    )
    return made


def source(user: User) -> str:
    return current_tier_status(user_id=user.pk).source


def test_the_entitlement_follows_the_rows_when_recomputed(user: User) -> None:
    row = mirrored(running())
    assert source(user) == "stripe"
    row.stripe_data["status"] = "unpaid"
    save(row)
    assert source(user) == "default"
    row.stripe_data["status"] = "active"
    save(row)
    assert source(user) == "stripe"
    row.delete()
    entitlements.recompute_stripe(user_id=user.pk)
    assert source(user) == "default"
    assert Entitlement.objects.get(pk=user.pk).stripe_until is None


def test_the_best_subscription_counts_and_other_products_not(user: User) -> None:
    mirrored(running(product="something_else"))
    assert source(user) == "default"
    mirrored(running(status="unpaid"))
    best = mirrored(running())
    mirrored(running(status="canceled"))
    assert source(user) == "stripe"
    paid = entitlement_dates.best_of(user_id=user.pk)
    assert paid
    assert paid.id == best.id


def test_a_purged_customer_and_another_mode_give_nothing(user: User) -> None:
    row = mirrored(running())
    customer = Customer.objects.get(id="cus_1")
    customer.date_purged = datetime.now(UTC)
    save(customer)
    assert source(user) == "default"
    customer.date_purged = None
    save(customer)
    assert source(user) == "stripe"
    row.livemode = True
    save(row)
    assert source(user) == "default"


def test_pro_ends_by_itself_when_no_webhook_comes(user: User) -> None:
    row = mirrored(running())
    now = int(datetime.now(UTC).timestamp())
    for days_ago, expected in ((2, "stripe"), (4, "default")):
        row.stripe_data["items"]["data"][0]["current_period_end"] = now - days_ago * 86400
        save(row)
        assert source(user) == expected


def test_a_grant_ends_by_itself_and_can_be_revoked(user: User) -> None:
    short = grants.give(
        user_id=user.pk, ends_at=datetime.now(UTC) + timedelta(days=1), reason="a broken payment", granted_by=None
    )
    long = grants.give(
        user_id=user.pk, ends_at=datetime.now(UTC) + timedelta(days=9), reason="a second one", granted_by=None
    )
    tier_status = current_tier_status(user_id=user.pk)
    assert (tier_status.tier.slug, tier_status.source, tier_status.until) == ("pro", "grant", long.ends_at)
    grants.revoke(grant=long, revoked_by=None)
    assert current_tier_status(user_id=user.pk).until == short.ends_at
    assert User.objects.get(pk=user.pk).is_pro
    Entitlement.objects.update(grant_until=Now())
    assert source(user) == "default"
    assert not User.objects.get(pk=user.pk).is_pro
    short.delete()
    entitlements.recompute_grant(user_id=user.pk)
    assert Entitlement.objects.get(pk=user.pk).grant_until is None


@pytest.mark.parametrize("values", [{"reason": ""}, {"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_a_grant_needs_a_reason_and_an_end_in_the_future(user: User, values: dict[str, Any]) -> None:
    sound = {"ends_at": datetime.now(UTC) + timedelta(days=1), "reason": "a test", "granted_by": None}
    with pytest.raises(IntegrityError), transaction.atomic():
        grants.give(user_id=user.pk, **{**sound, **values})
    assert not Grant.objects.exists()


def test_a_subscription_takes_precedence_over_a_grant(user: User) -> None:
    grants.give(user_id=user.pk, ends_at=datetime.now(UTC) + timedelta(days=90), reason="a gift", granted_by=None)
    mirrored(running())
    assert source(user) == "stripe"


def test_the_tier_is_one_query(user: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        current_tier_status(user_id=user.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_parallel_changes_neither_is_lost() -> None:
    """The later to compute waits for the earlier to commit, and then sees both."""
    Tier.objects.filter(slug=Tier.PRO).update(stripe_product="kuvaka_pro", stripe_price="price_1")
    user = make_user()
    Customer.objects.create(id="cus_1", livemode=settings.STRIPE_LIVE_MODE, subscriber=user, stripe_data={})
    saved, go_on = threading.Event(), threading.Event()

    def save_slowly() -> None:
        try:
            with transaction.atomic():
                mirrored(running())
                saved.set()
                assert go_on.wait(120)
        finally:
            connection.close()

    def save_another() -> None:
        try:
            assert saved.wait(60)
            mirrored(running(status="unpaid"))
        finally:
            connection.close()

    jobs = [threading.Thread(target=each) for each in (save_slowly, save_another)]
    for job in jobs:
        job.start()
    assert saved.wait(60)
    wait_for_a_waiter()
    go_on.set()
    for job in jobs:
        job.join(60)
    assert Subscription.objects.count() == 2
    assert source(user) == "stripe"


# Over HTTP


def test_the_status_says_what_stripe_last_said(user: User) -> None:
    client = signed_in(user)
    plain = client.get("/subscription/status").json()
    assert plain == {
        "tier": "basic",
        "source": "default",
        "until": None,
        "status": None,
        "current_period_end": None,
        "cancel_at_period_end": False,
        "cancel_at": None,
        "past_due": False,
    }
    mirrored(running(status="past_due"))
    due = client.get("/subscription/status").json()
    assert (due["tier"], due["status"], due["past_due"]) == ("pro", "past_due", True)
    assert client.get("/user/me").json()["is_pro"] is True


@pytest.mark.parametrize("path", ["/usage", "/subscription/status"])
def test_a_stranger_sees_nothing(db: None, path: str) -> None:
    assert APIClient().get(path).status_code == 401


def test_without_stripe_subscribing_gets_a_503(user: User) -> None:
    response = signed_in(user).post("/subscribe/pro")
    assert (response.status_code, response.json()["code"]) == (503, "not_for_sale")
    assert signed_in(make_user()).post("/subscription/portal").json()["code"] == "no_subscription"


@pytest.mark.parametrize("session_id", ["", "cs_unknown", "<script>alert(1)</script>", "a\0b", "x" * 4000])
def test_the_page_after_paying_trusts_no_input(db: None, session_id: str) -> None:
    page = APIClient().get("/billing/success", {"session_id": session_id})
    text = page.content.decode()
    assert page.status_code == 200
    assert "You are" not in text
    assert "<script" not in text
    assert "unsafe" not in page["Content-Security-Policy"]
