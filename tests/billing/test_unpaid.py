"""A status of "active" is not "paid": Pro depends on the invoices of its periods, and there is one grace period."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from accounts.models import User
from billing import entitlement_dates, mirror
from billing.entitlements import Source, current_tier_status
from tests.billing.stripe_fixtures import customer_of, subscribe, subscriber
from tests.doubles.stripe import objects
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = objects.price(now=1, params={"currency": "usd", "product": "kuvaka_pro", "unit_amount": "999"})


def month(number: int) -> datetime:
    """When a period begins; the first is number 1."""
    return FIRST + timedelta(days=30 * (number - 1))


def read(status: str, *bills: str, period: int | None = None, **values: Any) -> datetime | None:
    """Until when a subscription gives Pro whose periods so far were billed with these outcomes."""
    now = period or len(bills)
    stamp = lambda moment: int(moment.timestamp())  # noqa: E731
    made = objects.subscription(now=stamp(FIRST), end=stamp(month(now + 1)), customer="cus_1", price=PRICE, metadata={})
    invoices = []
    for number, outcome in enumerate(bills, 1):
        made["items"]["data"][0] |= {"current_period_start": stamp(month(number)), "current_period_end": 0}
        invoice = objects.invoice(now=stamp(month(number)), subscription=made, reason="subscription_cycle", number=1)
        name, _, amount = outcome.partition(":")
        paid = int(amount or 999) if name == "paid" else 0
        invoices.append({**invoice, "status": name, "amount_paid": paid})
    made["items"]["data"][0] |= {
        "current_period_start": stamp(month(now)),
        "current_period_end": stamp(month(now + 1)),
    }
    return entitlement_dates.read({**made, "status": status, **values}, invoices[::-1]).pro_until


SLACK, GRACE = entitlement_dates.SLACK, entitlement_dates.GRACE


@pytest.mark.parametrize(
    ("status", "bills", "until"),
    [
        ("active", ["paid"], month(2) + SLACK),
        ("active", ["open"], month(2) + SLACK),  # a bank debit in progress
        ("active", ["void"], None),  # a returned bank debit
        ("active", ["paid", "void"], None),
        ("active", ["paid", "uncollectible"], None),
        ("active", ["uncollectible", "open"], None),  # the next month's invoice is not paid yet either
        ("active", ["uncollectible", "draft"], None),
        ("active", ["uncollectible", "paid"], month(3) + SLACK),
        ("active", ["paid", "draft"], month(3) + SLACK),
        ("trialing", ["paid:0"], month(2) + SLACK),
        ("past_due", ["paid", "open"], month(2) + GRACE),
        ("past_due", ["paid", "open", "open"], month(2) + GRACE),  # the grace period does not restart
        ("past_due", ["paid", "open", "void", "open", "open"], month(2) + GRACE),
        ("past_due", ["open", "paid", "open"], month(3) + GRACE),
        ("past_due", ["paid", "paid"], month(3)),  # what failed is a change in mid-period
        ("past_due", ["paid:0", "open"], None),  # a trial without a card
        ("past_due", ["open", "open"], None),
    ],
)
def test_the_table_of_invoices(status: str, bills: list[str], until: datetime | None) -> None:
    assert read(status, *bills) == until


def test_without_the_periods_own_invoice_the_status_alone_counts() -> None:
    assert read("past_due", period=3) == month(3) + GRACE
    assert read("past_due", "paid", period=3) == month(3) + GRACE
    assert read("active", period=3) == month(4) + SLACK


def test_no_quantity_is_no_purchase() -> None:
    made = objects.subscription(now=1, end=2, customer="cus_1", price=PRICE, metadata={})
    made["items"]["data"][0]["quantity"] = 0
    assert entitlement_dates._products(made) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["void", "uncollectible"])
def test_an_invoice_written_off_ends_pro_until_the_next_paid_one(stripe_double: StripeDouble, status: str) -> None:
    user, customer, subscription = subscriber(stripe_double)
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE
    [invoice] = stripe_double.objects("invoices")
    stripe_double.write_off(invoice, status)
    mirror.refresh_customer(customer_id=customer)
    assert current_tier_status(user_id=user.pk).source == Source.DEFAULT
    stripe_double.to_period_end(subscription)
    mirror.refresh_customer(customer_id=customer)
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE


@pytest.mark.django_db
def test_the_grace_period_does_not_restart_each_month(stripe_double: StripeDouble) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.at_portal(portal_of(user), "card_fails")
    ends = []
    for _ in range(3):
        stripe_double.to_period_end(subscription)
        mirror.refresh_customer(customer_id=customer)
        ends.append(entitlement_dates.pro_until(user_id=user.pk))
    assert len(set(ends)) == 1


def portal_of(user: User) -> str:
    from billing import checkout

    return checkout.portal_url(user_id=user.pk)


@pytest.mark.django_db
def test_unreadable_invoices_do_not_prevent_pro(stripe_double: StripeDouble, logged: Any) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    stripe_double.switch(failures=[["GET /v1/invoices", 403, "", 1]])
    mirror.refresh_customer(customer_id=customer_of(user))
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE
    assert "stripe_invoices_not_readable" in logged.getvalue()


@pytest.mark.django_db
def test_pro_of_test_mode_ends_with_a_live_key(stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    from billing import catalogue

    user, _, _ = subscriber(stripe_double)
    monkeypatch.setattr(settings, "STRIPE_LIVE_MODE", True)
    assert list(catalogue.end_test_mode(dry_run=True)) == ["Pro paid for in test mode: would end for 1"]
    assert current_tier_status(user_id=user.pk).source == Source.STRIPE
    assert len(list(catalogue.end_test_mode(dry_run=False))) == 1
    assert current_tier_status(user_id=user.pk).source == Source.DEFAULT
    assert list(catalogue.end_test_mode(dry_run=False)) == []
