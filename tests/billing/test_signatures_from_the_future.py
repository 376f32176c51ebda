"""Stripe's library accepts a signature with a time in the future; the event is still processed only once."""

import time
from typing import Any

import pytest

from billing import webhook
from billing.models import StripeEvent
from tests.billing.stripe_fixtures import event_body, post_event, signature_of
from tests.doubles.stripe.client import SECRET

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]


def test_an_event_from_the_future_has_one_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[tuple[object, ...]] = []
    monkeypatch.setattr(webhook, "publish", lambda *task: bool(published.append(task)))
    body = event_body()
    header = signature_of(body, timestamp=int(time.time()) + 3600)
    assert [post_event(body, header).status_code for _ in range(3)] == [200] * 3
    assert (StripeEvent.objects.count(), len(published)) == (1, 1)


def test_an_event_from_the_future_needs_the_secret_too() -> None:
    body = event_body()
    assert post_event(body, signature_of(body, "whsec_another", int(time.time()) + 3600)).status_code == 400
    assert not StripeEvent.objects.exists()
