"""The pretend Stripe for tests of billing. It delivers no events: a test delivers them itself."""

import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from django.core.management import call_command
from rest_framework.test import APIClient

from accounts.models import User
from billing import checkout, entitlements, events, mirror, webhook
from billing.models import StripeEvent
from tests.doubles.stripe.client import KEY, SECRET, StripeDouble
from tests.doubles.stripe.webhooks import signature
from tests.factories import make_user

_event_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[StripeDouble]:
    """The process of the pretend Stripe; use it through `stripe_double`."""
    with StripeDouble() as double:
        yield double


@pytest.fixture
def stripe_double(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, stripe_process: StripeDouble
) -> StripeDouble:
    """A pretend Stripe with working keys that sells Pro and has nothing else."""
    stripe_process.reset()
    stripe_process.empty()
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_API_HOST = stripe_process.base_url
    settings.STRIPE_TIMEOUT = 120  # so that a slow machine is not taken for an outage
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    monkeypatch.setattr(stripe, "api_base", stripe_process.base_url)  # for dj-stripe's own calls
    call_command("seed_tiers", verbosity=0, stdout=io.StringIO())
    stripe_process.reset()
    return stripe_process


def subscribe(double: StripeDouble, user: User, card: str = "works") -> str:
    """Subscribe and pay; the id of the subscription. No event is delivered, so the user stays Basic."""
    session = checkout.start(user_id=user.pk)
    paid = double.pay(session.url, card)
    assert paid.status_code == 303, paid.text
    return str(double.objects("sessions")[session.id]["subscription"])


def subscriber(double: StripeDouble) -> tuple[User, str, str]:
    """A user who is Pro here and at Stripe, with the ids of customer and subscription."""
    user = make_user()
    subscription = subscribe(double, user)
    customer = customer_of(user)
    mirror.refresh_customer(customer_id=customer)
    double.forget_calls()
    return user, customer, subscription


def customer_of(user: User) -> str:
    found = mirror.customer_of(user_id=user.pk)
    assert found
    return found


def events_of(double: StripeDouble, customer: str, *types: str) -> list[dict[str, Any]]:
    """The customer's events so far, oldest first."""
    found = [each for each in double.objects("events").values() if _customer_in(each) == customer]
    return [each for each in found if not types or each["type"] in types]


def _customer_in(event: dict[str, Any]) -> str:
    subject = event["data"]["object"]
    return str(subject["id"] if subject["object"] == "customer" else subject.get("customer"))


def event_body(**changes: Any) -> bytes:
    """A new event as Stripe would send it."""
    number = next(_event_numbers)
    subject = {"id": f"sub_{number}", "object": "subscription", "customer": f"cus_{number}"}
    event = {"id": f"evt_{number}", "object": "event", "type": "customer.subscription.updated", "livemode": False}
    return json.dumps({**event, "data": {"object": subject}, **changes}).encode()


def signature_of(body: bytes, secret: str = SECRET, timestamp: int | None = None) -> str:
    """The header Stripe-Signature for this body."""
    return signature(body, secret=secret, timestamp=timestamp)


def post_event(body: bytes, header: str | None = None, **headers: str) -> Any:
    """Deliver to our webhook, with a valid signature unless a header is given."""
    headers = {"Stripe-Signature": signature_of(body) if header is None else header, **headers}
    return APIClient(raise_request_exception=False).post(
        "/webhook/stripe", body, content_type="application/json", headers=headers
    )


def deliver(event: dict[str, Any]) -> StripeEvent:
    """Deliver an event of the pretend Stripe; its row."""
    response = post_event(json.dumps(event).encode())
    assert response.status_code == 200, response.content
    return StripeEvent.objects.get(event_id=event["id"])


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the events whose tasks were published; no worker runs them, the test does."""
    found: list[int] = []

    def publish(task: str, event_id: int) -> bool:
        assert task == "billing.tasks.process_event"
        found.append(event_id)
        return True

    monkeypatch.setattr(webhook, "publish", publish)
    monkeypatch.setattr(events, "publish", publish)
    return found


def source_of(user: User) -> str:
    return str(entitlements.current_tier_status(user_id=user.pk).source)


def tier_of(user: User) -> str:
    return entitlements.tier_of(user_id=user.pk).slug
