"""The owner of a customer, after a restored backup and while the key is the wrong one."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from djstripe.models import Customer, Invoice, LineItem, Subscription

from accounts.models import User
from billing import checkout, entitlements, erasure, events, mirror, reconcile, stripe_api
from billing.exceptions import AlreadySubscribed, PaymentProviderRefused
from billing.models import Checkout, Entitlement
from tests.billing.stripe_fixtures import customer_of, deliver, events_of, subscriber, tier_of
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def statuses(double: StripeDouble) -> list[str]:
    return [each["status"] for each in double.objects("subscriptions").values()]


# A restored backup


def restore(*, lost: User | None = None) -> None:
    """Restore a backup that is older than every click on subscribe, and than the account `lost`."""
    for model in (LineItem, Invoice, Subscription, Customer, Checkout, Entitlement):
        model.objects.all().delete()
    if lost:
        User.objects.filter(pk=lost.pk).delete()


def successor_of(user: User, double: StripeDouble) -> User:
    """A user who signs up five minutes after that and gets the same id from the database."""
    restore(lost=user)
    double.advance(600)
    later = datetime.now(UTC) + timedelta(minutes=5)
    return User.objects.create(pk=user.pk, mobile_number="+919712345678", created_at=later)


def test_an_account_with_a_lost_accounts_id_gets_nothing_of_it(stripe_double: StripeDouble) -> None:
    lost, customer, subscription = subscriber(stripe_double)
    new = successor_of(lost, stripe_double)
    session = checkout.start(user_id=new.pk)
    mine = customer_of(new)
    assert mine != customer
    assert Checkout.objects.get(pk=new.pk).customer_number == 1, "no idempotency key led to the lost account's customer"
    for event in events_of(stripe_double, customer):
        events.process(event_id=deliver(event).pk)
    report = reconcile.compare()
    assert (report.drifted, report.unowned, report.failed) == ([customer], [customer], [])
    assert mirror.refresh_customer(customer_id=customer) is False
    assert tier_of(new) == "basic"
    assert not Customer.objects.filter(id=customer).exists()
    with pytest.raises(CommandError, match="End these subscriptions"):
        call_command("reconcile_stripe", stdout=io.StringIO())
    stripe_double.pay(session.url or "")
    mirror.refresh_customer(customer_id=mine)
    assert tier_of(new) == "pro"
    erasure.end_billing(user_id=new.pk)
    assert stripe_double.objects("subscriptions")[subscription]["status"] == "active", "it is not the new one's"


def test_a_restored_account_is_found_at_stripe_again(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    restore()
    report = reconcile.compare()
    assert (report.drifted, report.unowned) == ([customer], [])
    assert (tier_of(user), customer_of(user)) == ("pro", customer)


def test_the_first_click_after_a_restore_sells_nothing(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    restore()
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert (tier_of(user), customer_of(user)) == ("pro", customer)


@pytest.mark.parametrize(("minutes", "is_ours"), [(-30, False), (-2, False), (0, True), (30, True)])
def test_a_customer_made_before_the_account_is_not_its_own(
    stripe_double: StripeDouble, settings: Any, minutes: int, is_ours: bool
) -> None:
    user = make_user()
    made = stripe_api.create_customer(user=user, number=1)
    created = user.created_at + timedelta(minutes=minutes)
    stripe_double.edit("customers", made, created=int(created.timestamp()))
    assert mirror.refresh_customer(customer_id=made) is is_ours
    assert Customer.objects.exists() is is_ours


def test_a_stored_customer_keeps_its_account_without_metadata(stripe_double: StripeDouble) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.edit("customers", customer, metadata={}, created=1_700_000_000)
    stripe_double.set_status(subscription, "unpaid")
    assert mirror.refresh_customer(customer_id=customer) is True
    assert tier_of(user) == "basic"


# A key of another account, or of the other mode


def make_live(double: StripeDouble, settings: Any, customer: str, subscription: str) -> None:
    double.edit("customers", customer, livemode=True)
    double.edit("subscriptions", subscription, livemode=True)
    settings.STRIPE_LIVE_MODE = True
    Customer.objects.update(livemode=True)
    mirror.refresh_customer(customer_id=customer)


@pytest.mark.parametrize("live", [False, True], ids=["in test mode", "in live mode"])
def test_another_accounts_key_ends_no_pro_for_good(stripe_double: StripeDouble, settings: Any, live: bool) -> None:
    user, customer, subscription = subscriber(stripe_double)
    if live:
        make_live(stripe_double, settings, customer, subscription)
    with StripeDouble() as other:
        settings.STRIPE_API_HOST = other.base_url
        report = reconcile.compare()
        assert report.failed == ([customer] if live else [])
        assert (tier_of(user), mirror.customer_of(user_id=user.pk)) == (
            ("pro", customer) if live else ("basic", None)
        ), "test data can be deleted at Stripe, live customers cannot"
        if live:
            with pytest.raises(PaymentProviderRefused):
                erasure.end_billing(user_id=user.pk)
            with pytest.raises(PaymentProviderRefused):
                checkout.start(user_id=user.pk)
            assert other.calls("POST") == []
    settings.STRIPE_API_HOST = stripe_double.base_url
    assert reconcile.compare().drifted == ([] if live else [customer])
    assert (tier_of(user), mirror.customer_of(user_id=user.pk)) == ("pro", customer)
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)


def test_a_click_finds_a_wrongly_purged_customer(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    for row in Customer.objects.all():
        row.date_purged = datetime.now(UTC)
        row.save()
    entitlements.recompute_stripe(user_id=user.pk)
    assert tier_of(user) == "basic"
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert (tier_of(user), customer_of(user)) == ("pro", customer)


def test_a_test_key_leaves_live_customers_alone(stripe_double: StripeDouble, settings: Any) -> None:
    user, customer, subscription = subscriber(stripe_double)
    make_live(stripe_double, settings, customer, subscription)
    settings.STRIPE_LIVE_MODE = False
    stripe_double.edit("subscriptions", subscription, metadata={})  # as if this Stripe did not have it
    with StripeDouble() as test_mode:
        settings.STRIPE_API_HOST = test_mode.base_url
        assert reconcile.compare().drifted == []
    settings.STRIPE_API_HOST, settings.STRIPE_LIVE_MODE = stripe_double.base_url, True
    assert Customer.objects.get(id=customer).date_purged is None
    assert tier_of(user) == "pro"


def test_the_erasure_of_a_live_payer_waits_for_the_live_key(stripe_double: StripeDouble, settings: Any) -> None:
    user, customer, subscription = subscriber(stripe_double)
    make_live(stripe_double, settings, customer, subscription)
    settings.STRIPE_LIVE_MODE = False
    with pytest.raises(PaymentProviderRefused):
        erasure.end_billing(user_id=user.pk)
    assert statuses(stripe_double) == ["active"]
    settings.STRIPE_LIVE_MODE = True
    erasure.end_billing(user_id=user.pk)
    assert statuses(stripe_double) == ["canceled"]
    erasure.end_billing(user_id=user.pk)


def test_an_erasure_ends_subscriptions_of_purged_customers(stripe_double: StripeDouble) -> None:
    user, _, _ = subscriber(stripe_double)
    Customer.objects.update(date_purged=datetime.now(UTC))
    erasure.end_billing(user_id=user.pk)
    assert statuses(stripe_double) == ["canceled"]


def test_a_command_purges_customers_of_a_replaced_account(stripe_double: StripeDouble, settings: Any) -> None:
    user, customer, subscription = subscriber(stripe_double)
    make_live(stripe_double, settings, customer, subscription)
    with StripeDouble() as other:
        settings.STRIPE_API_HOST = other.base_url
        for options, what, tier in (
            (["--dry-run"], "would be marked as deleted", "pro"),
            ([], "was marked as deleted", "basic"),
        ):
            said = io.StringIO()
            call_command("reconcile_stripe", "--forget-unknown", *options, stdout=said)
            assert f"{customer} is not known at Stripe, and {what}" in said.getvalue()
            assert tier_of(user) == tier
        assert (tier_of(user), mirror.customer_of(user_id=user.pk)) == ("basic", None)
        erasure.end_billing(user_id=user.pk)
    settings.STRIPE_API_HOST = stripe_double.base_url
    assert reconcile.compare().drifted == [customer]
    assert tier_of(user) == "pro", "it was a mistake, and is undone"


def test_a_payment_during_the_erasure_is_logged(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    user = make_user()
    session = checkout.start(user_id=user.pk)
    delete = stripe_api.delete_customer

    def pay_first(**which: Any) -> None:
        stripe_double.pay(session.url)
        delete(**which)

    monkeypatch.setattr(stripe_api, "delete_customer", pay_first)
    monkeypatch.setattr(stripe_api, "expire_session", lambda **_: False)  # it is being paid at this moment
    erasure.end_billing(user_id=user.pk)
    [subscription] = stripe_double.objects("subscriptions")
    assert "erased_account_is_owed_money" in logged.getvalue()
    assert subscription in logged.getvalue()
