"""The daily comparison with Stripe is timed by the database, not by how long beat has run."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from billing import reconcile, tasks
from billing.exceptions import PaymentProviderUnavailable
from billing.models import Lease
from config.celery import app

pytestmark = pytest.mark.django_db


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One item for each comparison with Stripe."""
    done: list[int] = []

    def compare() -> Any:
        done.append(1)
        return reconcile.Report()

    monkeypatch.setattr(reconcile, "compare", compare)
    return done


def seconds_until_due() -> float:
    lease = Lease.objects.annotate(now=Now()).get()
    return float((lease.until - lease.now).total_seconds())


def test_it_is_due_at_once_and_then_once_a_day(compared: list[int]) -> None:
    outcomes = [tasks.reconcile_stripe() for _ in range(3)]
    assert (len(compared), outcomes[1:]) == (1, ["not_due", "not_due"])
    assert abs(seconds_until_due() - 86_400) < 3_600
    Lease.objects.update(until=Now())
    tasks.reconcile_stripe()
    assert len(compared) == 2


def test_missed_events_are_fetched_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    app.finalize()
    asked = [each for each in app.conf.beat_schedule.values() if each["task"] == tasks.find_missed_events.name]
    assert [each["schedule"] for each in asked] == [timedelta(minutes=5)]
    monkeypatch.setattr(reconcile, "find_missed", lambda: 0)
    assert [app.tasks[asked[0]["task"]]() for _ in range(3)] == [0, "not_due", "not_due"]
    assert abs(seconds_until_due() - 3_600) < 300


def test_a_failed_fetch_is_retried_soon(compared: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Any:
        raise PaymentProviderUnavailable

    monkeypatch.setattr(reconcile, "find_missed", fail)
    assert [tasks.find_missed_events() for _ in range(2)] == ["payment_provider_away"] * 2
    monkeypatch.setattr(reconcile, "find_missed", lambda: 0)
    assert [tasks.find_missed_events() for _ in range(2)] == [0, "not_due"]
