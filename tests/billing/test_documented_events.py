"""docs/billing.md names the events to subscribe to: each is one of Stripe's API, and none is missing."""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from stripe.params import _webhook_endpoint_create_params as endpoint

from billing import events
from billing.models import StripeEvent
from tests.billing.stripe_fixtures import deliver, subscriber
from tests.doubles.stripe.client import StripeDouble

PAGE = Path(__file__).parents[2] / "docs" / "billing.md"


def documented() -> set[str]:
    """The names in the step that adds the webhook endpoint."""
    step = PAGE.read_text().split("Add a webhook endpoint at Stripe")[1].split("Its secret is")[0]
    return {name for name in re.findall(r"`([^`]+)`", step) if "://" not in name and not name[0].isdigit()}


def test_each_event_exists_in_stripes_api() -> None:
    known = inspect.getsource(endpoint.WebhookEndpointCreateParams).split("enabled_events")[1].split("]")[0]
    names = set(re.findall(r'"([a-z_.0-9*]+)"', known))
    assert len(names) > 200
    assert documented() <= names


def test_every_event_that_kuvaka_reads_is_documented() -> None:
    named = documented()
    assert {
        *(f"customer.{what}" for what in ("created", "updated", "deleted")),
        *(f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed")),
        *(f"invoice.{what}" for what in ("paid", "payment_failed", "finalized", "voided", "marked_uncollectible")),
        *(f"charge.dispute.{what}" for what in ("created", "updated", "closed")),
        "checkout.session.completed",
        "charge.refunded",
        "radar.early_fraud_warning.created",
        "product.updated",
        "price.updated",
    } == named


@pytest.mark.django_db
def test_each_event_makes_kuvaka_call_stripe(stripe_double: StripeDouble) -> None:
    _, customer, subscription = subscriber(stripe_double)
    charge = stripe_double.charge_of(customer)
    dispute = stripe_double.dispute(charge)
    stripe_double.warn(charge)
    [warning] = [each["data"]["object"]["id"] for each in happened(stripe_double) if each["type"].startswith("radar.")]
    ids = {
        "customer": customer,
        "subscription": subscription,
        "charge": charge,
        "dispute": dispute,
        "early_fraud_warning": warning,
        "price": next(iter(stripe_double.objects("prices"))),
        "product": next(iter(stripe_double.objects("products"))),
    }
    for number, name in enumerate(sorted(documented())):
        kind = name.split(".")[-2]
        subject = {"id": ids.get(kind, f"{kind}_1"), "object": kind, "customer": customer}
        if kind in ("price", "product", "dispute", "early_fraud_warning"):
            del subject["customer"]
        stripe_double.forget_calls()
        row = deliver(
            {
                "id": f"evt_documented_{number}",
                "object": "event",
                "type": name,
                "livemode": False,
                "data": {"object": subject},
            }
        )
        assert events.process(event_id=row.pk) == "done", name
        assert stripe_double.calls("GET"), f"{name} changes nothing"
    assert not StripeEvent.objects.filter(processed_at=None).exists()


def happened(double: StripeDouble) -> list[dict[str, Any]]:
    return list(double.objects("events").values())
