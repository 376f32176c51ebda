"""A failed event is attempted again, shows its error, and can be replayed; a lost task is published again."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from djstripe.models import Subscription

from accounts.personal_data import retention
from billing import events, mirror, tasks, webhook
from billing.models import StripeEvent
from tests.billing.stripe_fixtures import (
    customer_of,
    deliver,
    event_body,
    events_of,
    post_event,
    source_of,
    subscribe,
    subscriber,
)
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published")]


def pause_of(row: StripeEvent) -> float:
    """Seconds until the event is processed next, by the database's clock."""
    row.refresh_from_db()
    assert row.next_attempt_at
    now = StripeEvent.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    return float((row.next_attempt_at - now).total_seconds())


# Failures


def test_a_failing_event_backs_off_then_can_be_replayed(
    stripe_double: StripeDouble, logged: StringIO, published: list[int], frozen_clock: None
) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    customer = customer_of(user)
    stripe_double.edit("customers", customer, created="no time at all")
    row = deliver(events_of(stripe_double, customer, "invoice.paid")[0])
    for failures in range(events.MAX_ATTEMPTS):
        StripeEvent.objects.update(next_attempt_at=Now())
        assert events.process(event_id=row.pk) == "failed"
        row.refresh_from_db()
        assert row.attempts == failures + 1
        assert row.error
        assert row.processed_at is None
        if failures + 1 < events.MAX_ATTEMPTS:
            assert pause_of(row) == min(2**failures, 3600)
    assert row.next_attempt_at is None, "it waits for staff"
    assert list(StripeEvent.objects.failed()) == [row]
    failures_logged = [line for line in logged.getvalue().splitlines() if "stripe_event_failed" in line]
    assert len(failures_logged) == events.MAX_ATTEMPTS
    assert [("given_up=True" in line) for line in failures_logged].index(True) == events.MAX_ATTEMPTS - 1
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "default"

    stripe_double.edit("customers", customer, created=1)
    published.clear()
    assert events.replay(StripeEvent.objects.failed()) == 1
    assert events.sweep() == 1
    assert published == [row.pk]
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "stripe"
    assert not StripeEvent.objects.failed()


def test_a_second_task_does_not_shorten_the_pause_after_failures(
    stripe_double: StripeDouble, frozen_clock: None
) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    row = deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0])
    StripeEvent.objects.update(attempts=6, next_attempt_at=Now() + timedelta(seconds=64))
    stripe_double.forget_calls()
    assert events.process(event_id=row.pk) == "taken"
    assert not stripe_double.calls()
    assert pause_of(row) == 64


def test_a_failure_of_one_customer_does_not_delay_others(stripe_double: StripeDouble) -> None:
    broken, other = make_user(), make_user()
    for user in (broken, other):
        subscribe(stripe_double, user)
    stripe_double.edit("customers", customer_of(broken), created="no time at all")
    rows = [deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0]) for user in (broken, other)]
    assert [events.process(event_id=row.pk) for row in rows] == ["failed", "done"]
    assert (source_of(broken), source_of(other)) == ("default", "stripe")


def test_a_failure_writes_nothing(stripe_double: StripeDouble) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.set_status(subscription, "canceled")
    [invoice] = stripe_double.objects("invoices")
    stripe_double.edit("invoices", invoice, created="no time at all")
    row = deliver(events_of(stripe_double, customer, "customer.subscription.deleted")[0])
    assert events.process(event_id=row.pk) == "failed"
    assert Subscription.objects.get(id=subscription).stripe_data["status"] == "active"
    assert source_of(user) == "stripe"


def test_during_an_outage_events_wait_and_no_attempt_is_counted(
    stripe_double: StripeDouble, frozen_clock: None
) -> None:
    users = [make_user() for _ in range(3)]
    for user in users:
        subscribe(stripe_double, user)
    rows = [deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0]) for user in users]
    stripe_double.switch(down=True)
    for _ in range(2 * events.MAX_ATTEMPTS):
        assert events.process(event_id=rows[0].pk) == "away"
    for row in rows:
        assert pause_of(row) == 10
        assert (row.attempts, row.processed_at) == (0, None)
    assert not events.due_ids()
    assert events.sweep() == 0
    assert not StripeEvent.objects.failed()
    stripe_double.switch(down=False)
    from config.infrastructure import circuit_breaker

    circuit_breaker._breakers.clear()
    assert {events.process(event_id=row.pk) for row in rows} == {"done"}
    assert {source_of(user) for user in users} == {"stripe"}


def test_a_key_that_stripe_refuses_is_a_stored_failure(stripe_double: StripeDouble, settings: Any) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    row = deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0])
    stripe_double.switch(dead_keys=[settings.STRIPE_SECRET_KEY])
    assert events.process(event_id=row.pk) == "failed"
    row.refresh_from_db()
    assert (row.attempts, row.error) == (1, "payment_provider_refused")


# The sweep


def test_an_event_whose_task_was_never_published_is_found(
    stripe_double: StripeDouble, published: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    monkeypatch.setattr(webhook, "publish", lambda *_: False)
    row = deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0])
    assert not published
    assert tasks.sweep_events() == 1
    assert published == [row.pk]
    assert tasks.sweep_events() == 0, "a task that waits in the queue is not published again at once"
    assert tasks.process_event(row.pk) == "done"
    assert source_of(user) == "stripe"


def test_a_sweep_that_redis_refuses_leaves_the_events_due(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        post_event(event_body())
    monkeypatch.setattr(events, "publish", lambda *_: False)
    assert events.sweep() == 0
    assert len(events.due_ids()) == 3


def test_an_event_whose_worker_died_is_due_again(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch, frozen_clock: None
) -> None:
    class Killed(BaseException):
        pass

    def die(**_: Any) -> None:
        raise Killed

    user = make_user()
    subscribe(stripe_double, user)
    row = deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0])
    with monkeypatch.context() as patch:
        patch.setattr(mirror, "refresh_customer", die)
        with pytest.raises(Killed):
            events.process(event_id=row.pk)
    assert not events.due_ids(), "its worker may still be processing it"
    assert pause_of(row) == mirror.LEASE + 1
    StripeEvent.objects.update(next_attempt_at=Now())
    assert events.due_ids() == [row.pk]
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "stripe"


def test_processed_events_are_kept_for_thirty_days(stripe_double: StripeDouble) -> None:
    for _ in range(4):
        post_event(event_body())
    done_old, done_new, failed_old, waiting_old = StripeEvent.objects.order_by("pk")
    long_ago = timezone.now() - timedelta(days=30, minutes=1)
    StripeEvent.objects.exclude(pk=done_new.pk).update(received_at=long_ago)
    StripeEvent.objects.filter(pk=done_new.pk).update(received_at=long_ago + timedelta(minutes=2))
    done = StripeEvent.objects.filter(pk__in=[done_old.pk, done_new.pk])
    done.update(processed_at=Now(), next_attempt_at=None)
    StripeEvent.objects.filter(pk=failed_old.pk).update(next_attempt_at=None)
    assert retention.purge()["StripeEvent"] == 1
    assert retention.purge()["StripeEvent"] == 0
    assert set(StripeEvent.objects.all()) == {done_new, failed_old, waiting_old}
