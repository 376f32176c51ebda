"""Disputes, refunds and warnings of fraud are shown to staff, and a dispute ends Pro."""

from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from billing import events, leases, mirror, payment_issues
from billing.admin import user_panels
from billing.entitlements import Source, current_tier_status
from billing.models import PaymentIssue
from tests.billing.stripe_fixtures import deliver, subscribe, subscriber
from tests.doubles.stripe.client import StripeDouble

pytestmark = pytest.mark.django_db


def hear_all(double: StripeDouble, *starts: str) -> None:
    """Deliver and process every event of these kinds, the newest last."""
    for event in double.objects("events").values():
        if event["type"].startswith(starts):
            row = deliver(event)
            assert events.process(event_id=row.pk) == "done"


def shown(user: User) -> dict[str, Any]:
    return {name: getattr(value, "text", value) for name, value in user_panels.payments_panel(user).facts}


@pytest.mark.parametrize(
    ("status", "source"),
    [
        ("needs_response", Source.DEFAULT),
        ("under_review", Source.DEFAULT),
        ("lost", Source.DEFAULT),
        ("won", Source.STRIPE),
        ("prevented", Source.STRIPE),
        ("warning_needs_response", Source.STRIPE),
        ("warning_closed", Source.STRIPE),
    ],
)
def test_a_dispute_ends_pro_except_an_inquiry(stripe_double: StripeDouble, status: str, source: Source) -> None:
    user, customer, _ = subscriber(stripe_double)
    stripe_double.dispute(stripe_double.charge_of(customer), status)
    hear_all(stripe_double, "charge.dispute.")
    assert current_tier_status(user_id=user.pk).source == source
    assert shown(user)["Dispute"].startswith(f"{status}, fraudulent, 9.99 USD")


def test_the_settings_may_keep_pro_during_a_dispute(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    stripe_double.dispute(stripe_double.charge_of(customer))
    with override_settings(STRIPE_DISPUTE_ENDS_PRO=False):
        hear_all(stripe_double, "charge.dispute.")
        assert current_tier_status(user_id=user.pk).source == Source.STRIPE


def test_a_won_dispute_restores_pro(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    dispute = stripe_double.dispute(stripe_double.charge_of(customer))
    hear_all(stripe_double, "charge.dispute.created")
    assert current_tier_status(user_id=user.pk).source == Source.DEFAULT
    stripe_double.decide(dispute, "won")
    hear_all(stripe_double, "charge.dispute.closed")
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE


def test_a_subscription_bought_after_a_dispute_counts(stripe_double: StripeDouble) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.dispute(stripe_double.charge_of(customer), "lost")
    hear_all(stripe_double, "charge.dispute.")
    stripe_double.set_status(subscription, "canceled")
    stripe_double.advance(60)
    subscribe(stripe_double, user)
    mirror.refresh_customer(customer_id=customer)
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE


def test_refunds_and_warnings_are_shown_and_end_nothing(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    charge = stripe_double.charge_of(customer)
    stripe_double.refund(charge, 100)
    stripe_double.warn(charge)
    hear_all(stripe_double, "charge.refunded", "radar.")
    facts = shown(user)
    assert facts["Refund"].startswith("partial, 1.00 USD")
    assert facts["Early fraud warning"].startswith("actionable, made_with_stolen_card, 9.99 USD")
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE


def test_an_event_of_the_customer_does_not_settle_its_dispute(stripe_double: StripeDouble) -> None:
    _, customer, _ = subscriber(stripe_double)
    stripe_double.refund(stripe_double.charge_of(customer), 100)
    [refunded] = [each for each in stripe_double.objects("events").values() if each["type"] == "charge.refunded"]
    row = deliver(refunded)
    hear_all(stripe_double, "customer.subscription.created")
    row.refresh_from_db()
    assert row.processed_at is None
    assert events.process(event_id=row.pk) == "done"
    assert PaymentIssue.objects.get().kind == PaymentIssue.Kind.REFUND


def test_a_dispute_of_an_unknown_customer_is_not_kept(stripe_double: StripeDouble) -> None:
    _, customer, _ = subscriber(stripe_double)
    charge = stripe_double.charge_of(customer)
    stripe_double.edit("charges", charge, customer="cus_of_another")
    stripe_double.dispute(charge)
    hear_all(stripe_double, "charge.dispute.")
    assert not PaymentIssue.objects.exists()


def test_two_subscriptions_are_shown(stripe_double: StripeDouble) -> None:
    user, customer, first = subscriber(stripe_double)
    stripe_double.set_status(first, "canceled")
    subscribe(stripe_double, user)
    stripe_double.set_status(first, "active")
    mirror.refresh_customer(customer_id=customer)
    assert shown(user)["Subscriptions"] == "2 active"


def test_two_events_of_one_dispute_are_processed_in_turn(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, customer, _ = subscriber(stripe_double)
    dispute = stripe_double.dispute(stripe_double.charge_of(customer))
    [created] = [each for each in stripe_double.objects("events").values() if each["type"] == "charge.dispute.created"]
    row = deliver(created)
    monkeypatch.setattr(payment_issues, "WAIT", 0)
    with leases.hold(name=f"issue:{dispute}", seconds=60, wait=0):
        assert events.process(event_id=row.pk) == "busy"
    assert not PaymentIssue.objects.exists()
    row.refresh_from_db()
    type(row).objects.update(next_attempt_at=row.received_at)
    assert events.process(event_id=row.pk) == "done"
    assert PaymentIssue.objects.get().status == "needs_response"
