"""Each dispute, refund and warning of fraud is one line of the log, for an alert."""

import io
import re

import pytest

from billing import events
from tests.billing.stripe_fixtures import deliver, subscriber
from tests.doubles.stripe.client import StripeDouble

pytestmark = pytest.mark.django_db


def test_an_issue_is_logged_once_and_its_changes_are_not(stripe_double: StripeDouble, logged: io.StringIO) -> None:
    user, customer, _ = subscriber(stripe_double)
    charge = stripe_double.charge_of(customer)
    dispute = stripe_double.dispute(charge)
    stripe_double.refund(charge, 100)
    stripe_double.warn(charge)
    stripe_double.decide(dispute, "lost")
    for event in stripe_double.objects("events").values():
        if event["type"].startswith(("charge.", "radar.")):
            assert events.process(event_id=deliver(event).pk) == "done"
    lines = [line for line in logged.getvalue().splitlines() if " payment_issue " in line]
    assert [re.findall(r"kind=(\w+)", line) for line in lines] == [["dispute"], ["refund"], ["warning"]]
    assert all("[error " in line and f"user_id={user.pk}" in line for line in lines)
    assert f"stripe_id={dispute}" in lines[0]
    assert customer not in logged.getvalue()
