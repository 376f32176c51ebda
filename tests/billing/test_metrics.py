"""The metrics of Stripe's events."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from billing import events, gauges, webhook
from billing.exceptions import PaymentProviderUnavailable
from billing.models import StripeEvent
from tests.billing.stripe_fixtures import event_body, post_event, signature_of
from tests.conftest import counted
from tests.doubles.stripe.client import SECRET

pytestmark = pytest.mark.django_db
Rises = Callable[..., None]


@pytest.fixture(autouse=True)
def _unpublished(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    monkeypatch.setattr(webhook, "publish", lambda *_: True)


@pytest.fixture
def event() -> StripeEvent:
    return StripeEvent.objects.create(event_id="evt_1", type="customer.updated")


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_: StripeEvent) -> None:
        raise error

    monkeypatch.setattr(events, "_refresh", fail)


def test_an_event_is_counted_by_its_outcome(rises: Rises) -> None:
    for outcome in ("taken", "repeated", "refused"):
        rises("kuvaka_webhooks_total", outcome=outcome)
    rises("kuvaka_security_events_total", event="webhook_refused")
    body = event_body()
    for header in (signature_of(body), signature_of(body), "junk"):
        post_event(body, header)


def test_an_event_of_the_other_mode_is_counted_apart(rises: Rises) -> None:
    rises("kuvaka_webhooks_total", outcome="other_mode")
    body = event_body(livemode=True)
    post_event(body, signature_of(body))


@pytest.mark.usefixtures("frozen_clock")
def test_the_lag_is_measured_from_receipt_by_the_databases_clock(event: StripeEvent, rises: Rises) -> None:
    StripeEvent.objects.update(received_at=Now() - timedelta(seconds=100))
    rises("kuvaka_webhook_lag_seconds_count")
    before = counted("kuvaka_webhook_lag_seconds_sum")
    assert events.process(event_id=event.pk) == "done"
    assert events.process(event_id=event.pk) == "done"
    assert counted("kuvaka_webhook_lag_seconds_sum") - before == pytest.approx(100)


@pytest.mark.parametrize(
    ("error", "attempts", "outcome"),
    [
        (ValueError(), 0, "failed"),
        (ValueError(), events.MAX_ATTEMPTS - 1, "given_up"),
        (PaymentProviderUnavailable(), 0, "away"),
    ],
)
def test_a_failure_is_counted_by_its_outcome(
    event: StripeEvent, monkeypatch: pytest.MonkeyPatch, rises: Rises, error: Exception, attempts: int, outcome: str
) -> None:
    rises("kuvaka_webhook_failures_total", outcome=outcome)
    StripeEvent.objects.update(attempts=attempts)
    failing(monkeypatch, error)
    events.process(event_id=event.pk)


@pytest.mark.usefixtures("frozen_clock")
def test_the_oldest_event_is_the_oldest_that_is_not_done(event: StripeEvent) -> None:
    StripeEvent.objects.update(received_at=Now() - timedelta(seconds=100))
    assert gauges.oldest_event() == pytest.approx(100)
    events.process(event_id=event.pk)
    assert gauges.oldest_event() == 0
