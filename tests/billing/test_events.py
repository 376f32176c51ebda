"""An event is processed at least once and never forgotten; what it cost and how it failed can be seen."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone
from djstripe.models import Customer, Price, Subscription

from accounts.personal_data import retention
from billing import entitlements, events, mirror, tasks, webhook
from billing.models import Entitlement, StripeEvent
from tests.billing.stripe_fixtures import (
    customer_of,
    deliver,
    event_body,
    events_of,
    post_event,
    subscribe,
    subscriber,
)
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user

pytestmark = pytest.mark.django_db

CANARY = "canary.7f3a@example.com"
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The events whose task was published, in a test that takes the worker's part itself."""
    found: list[int] = []

    def publish(task: str, event_id: int) -> bool:
        assert task == "billing.tasks.process_event"
        found.append(event_id)
        return True

    monkeypatch.setattr(webhook, "publish", publish)
    monkeypatch.setattr(events, "publish", publish)
    return found


def source_of(user: Any) -> str:
    return str(entitlements.standing_of(user_id=user.pk).source)


def refreshes(double: StripeDouble) -> int:
    return len(double.calls("GET", "/v1/customers/"))


def pause_of(row: StripeEvent) -> float:
    """Seconds until the event is processed next, by the database's clock."""
    row.refresh_from_db()
    assert row.next_attempt_at
    now = StripeEvent.objects.annotate(now=Now()).values_list("now", flat=True)[0]
    return float((row.next_attempt_at - now).total_seconds())


def tables() -> dict[Any, int]:
    return {model: model.objects.count() for model in (Customer, Subscription, Price, Entitlement)}


def test_an_event_makes_a_user_pro_and_is_done(stripe_double: StripeDouble) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    assert source_of(user) == "default"
    row = deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0])
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "stripe"
    row.refresh_from_db()
    assert row.processed_at
    assert (row.next_attempt_at, row.error) == (None, "")
    stripe_double.forget_calls()
    assert events.process(event_id=row.pk) == "done"
    assert not stripe_double.calls(), "what is done asks nothing again"


def test_a_burst_of_one_customer_is_answered_by_asking_once(stripe_double: StripeDouble) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    rows = [deliver(each) for each in events_of(stripe_double, customer_of(user))]
    assert len(rows) >= 6
    stripe_double.forget_calls()
    assert {events.process(event_id=row.pk) for row in rows} == {"done"}
    assert refreshes(stripe_double) == 1
    assert len(stripe_double.calls()) == 3
    assert StripeEvent.objects.filter(processed_at__isnull=False).count() == len(rows)
    assert source_of(user) == "stripe"


def test_an_event_that_comes_while_stripe_is_asked_is_not_taken_for_answered(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, customer, subscription = subscriber(stripe_double)
    first = deliver(events_of(stripe_double, customer, "invoice.paid")[0])
    ask = mirror.refresh_customer

    def ask_and_then_cancel(*, customer_id: str) -> bool:
        is_ours = ask(customer_id=customer_id)
        stripe_double.set_status(subscription, "canceled")
        deliver(events_of(stripe_double, customer, "customer.subscription.deleted")[0])
        return is_ours

    monkeypatch.setattr(mirror, "refresh_customer", ask_and_then_cancel)
    assert events.process(event_id=first.pk) == "done"
    [late] = StripeEvent.objects.filter(processed_at=None)
    assert late.type == "customer.subscription.deleted"
    assert late.pk in events.due_ids()
    monkeypatch.setattr(mirror, "refresh_customer", ask)
    assert events.process(event_id=late.pk) == "done"
    assert source_of(user) == "default"


def test_an_event_that_another_worker_has_answered_meanwhile_ends_once(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    first, second = (deliver(event) for event in events_of(stripe_double, customer_of(user))[:2])
    refresh = mirror.refresh_customer

    def overtaken(*, customer_id: str) -> bool:
        monkeypatch.setattr(mirror, "refresh_customer", refresh)
        assert events.process(event_id=second.pk) == "done"
        StripeEvent.objects.update(processed_at=MOMENT)
        return True

    monkeypatch.setattr(mirror, "refresh_customer", overtaken)
    assert events.process(event_id=first.pk) == "done"
    assert list(StripeEvent.objects.values_list("processed_at", "next_attempt_at")) == [(MOMENT, None)] * 2


def test_an_event_of_an_unknown_kind_is_done_and_changes_nothing(stripe_double: StripeDouble) -> None:
    user, _, _ = subscriber(stripe_double)
    before, until = tables(), Entitlement.objects.get(pk=user.pk).stripe_until
    for type_, subject in (
        ("climate.order.created", {"id": "climorder_1", "object": "climate.order"}),
        ("customer.subscription.updated", {"id": "sub_x", "object": "subscription", "customer": "cus_nobody"}),
        ("price.updated", {"id": "price_nobody", "object": "price"}),
        ("product.updated", {"id": "prod_nobody", "object": "product"}),
    ):
        body = event_body(type=type_, data={"object": subject})
        assert post_event(body).status_code == 200
        row = StripeEvent.objects.latest("pk")
        assert events.process(event_id=row.pk) == "done", type_
        row.refresh_from_db()
        assert row.processed_at
    assert tables() == before
    assert Entitlement.objects.get(pk=user.pk).stripe_until == until


def test_events_about_product_and_price_update_the_mirror(stripe_double: StripeDouble) -> None:
    [price] = stripe_double.objects("prices")
    [product] = stripe_double.objects("products")
    stripe_double.edit("prices", price, nickname="Pro, monthly")
    stripe_double.edit("products", product, name="Pro of today")
    for kind, subject in (("price", price), ("product", product)):
        body = event_body(type=f"{kind}.updated", data={"object": {"id": subject, "object": kind}})
        assert post_event(body).status_code == 200
        assert events.process(event_id=StripeEvent.objects.latest("pk").pk) == "done"
    mirrored = Price.objects.get(id=price)
    assert mirrored.stripe_data["nickname"] == "Pro, monthly"
    assert mirrored.product.stripe_data["name"] == "Pro of today"


# Failures


def test_a_failing_event_backs_off_gives_up_visibly_and_can_be_replayed(
    stripe_double: StripeDouble, logged: StringIO, published: list[int], clock_stands: None
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
    assert row.next_attempt_at is None, "it waits for a person"
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


def test_a_copy_of_the_task_does_not_cut_the_pause_after_failures_short(
    stripe_double: StripeDouble, clock_stands: None
) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    row = deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0])
    StripeEvent.objects.update(attempts=6, next_attempt_at=Now() + timedelta(seconds=64))
    stripe_double.forget_calls()
    assert events.process(event_id=row.pk) == "taken"
    assert not stripe_double.calls()
    assert pause_of(row) == 64


def test_a_failure_of_one_customer_holds_up_nobody_else(stripe_double: StripeDouble) -> None:
    broken, other = make_user(), make_user()
    for user in (broken, other):
        subscribe(stripe_double, user)
    stripe_double.edit("customers", customer_of(broken), created="no time at all")
    rows = [deliver(events_of(stripe_double, customer_of(user), "invoice.paid")[0]) for user in (broken, other)]
    assert [events.process(event_id=row.pk) for row in rows] == ["failed", "done"]
    assert (source_of(broken), source_of(other)) == ("default", "stripe")


def test_a_failure_writes_nothing_at_all(stripe_double: StripeDouble) -> None:
    user, customer, subscription = subscriber(stripe_double)
    stripe_double.set_status(subscription, "canceled")
    [invoice] = stripe_double.objects("invoices")
    stripe_double.edit("invoices", invoice, created="no time at all")
    row = deliver(events_of(stripe_double, customer, "customer.subscription.deleted")[0])
    assert events.process(event_id=row.pk) == "failed"
    assert Subscription.objects.get(id=subscription).stripe_data["status"] == "active"
    assert source_of(user) == "stripe"


def test_while_stripe_is_away_all_events_wait_and_no_try_is_used_up(
    stripe_double: StripeDouble, clock_stands: None
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


def test_a_key_that_stripe_refuses_is_a_failure_that_is_kept(stripe_double: StripeDouble, settings: Any) -> None:
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
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch, clock_stands: None
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
    assert not events.due_ids(), "whoever works on it has its time first"
    assert pause_of(row) == mirror.LEASE + 1
    StripeEvent.objects.update(next_attempt_at=Now())
    assert events.due_ids() == [row.pk]
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "stripe"


def test_processed_events_are_kept_for_thirty_days_and_others_for_ever(stripe_double: StripeDouble) -> None:
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


# Many at once


@pytest.mark.django_db(transaction=True)
def test_fifty_deliveries_at_once_and_ten_later_are_one_event_processed_once(
    stripe_double: StripeDouble, published: list[int]
) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    event = events_of(stripe_double, customer_of(user), "invoice.paid")[0]
    stripe_double.forget_calls()

    def in_thread(job: Any, *args: Any) -> Any:
        try:
            return job(*args)
        finally:
            connection.close()

    def deliver_and_work(_: int) -> str:
        row = deliver(event)
        return events.process(event_id=row.pk)

    with ThreadPoolExecutor(10) as pool:
        outcomes = list(pool.map(lambda number: in_thread(deliver_and_work, number), range(50)))
    assert set(outcomes) <= {"done", "taken"}
    for _ in range(10):
        assert events.process(event_id=deliver(event).pk) == "done"
    row = StripeEvent.objects.get()
    assert row.processed_at
    assert row.attempts == 1
    assert published == [row.pk]
    assert refreshes(stripe_double) == 1
    assert source_of(user) == "stripe"
    assert Subscription.objects.count() == Customer.objects.count() == 1


# What is kept


def test_nothing_of_an_events_content_is_kept_or_logged(stripe_double: StripeDouble, logged: StringIO) -> None:
    user = make_user()
    subscribe(stripe_double, user)
    customer = customer_of(user)
    stripe_double.edit("customers", customer, email=CANARY, name=CANARY, phone=CANARY)
    for event in events_of(stripe_double, customer):
        event["data"]["object"] |= {"customer_email": CANARY, "email": CANARY, "receipt_email": CANARY}
        assert events.process(event_id=deliver(event).pk) == "done"
    stripe_double.edit("customers", customer, created=CANARY)
    row = deliver(event | {"id": "evt_that_fails"})
    assert events.process(event_id=row.pk) == "failed"
    assert post_event(event_body(id="evt_refused", note=CANARY), "junk").status_code == 400
    kept = [str(list(row.values())) for row in StripeEvent.objects.values()]
    assert len(kept) > 6
    assert CANARY not in "".join(kept)
    assert "stripe_event_failed" in logged.getvalue()
    assert CANARY not in logged.getvalue()


def test_tasks_run_twice_end_where_they_ended_once(stripe_double: StripeDouble) -> None:
    users = [make_user() for _ in range(3)]
    for user in users:
        subscribe(stripe_double, user)
        for event in random.Random(user.pk).sample(events_of(stripe_double, customer_of(user)), 3):
            deliver(event)

    def everything() -> Any:
        for row in StripeEvent.objects.all():
            tasks.process_event(row.pk)
        tasks.sweep_events()
        tasks.find_missed_events()
        for row in StripeEvent.objects.all():
            tasks.process_event(row.pk)
        tasks.reconcile_stripe()
        retention.purge()
        return (
            list(StripeEvent.objects.order_by("pk").values_list("event_id", "processed_at", "attempts", "error")),
            list(Entitlement.objects.order_by("pk").values_list("pk", "stripe_until")),
            tables(),
        )

    first = everything()
    assert all(until for _, until in first[1])
    assert everything() == first
