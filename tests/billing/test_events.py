"""An event is processed at least once, also in parallel with others, and its content is not kept."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from djstripe.models import Customer, Price, Subscription

from accounts.personal_data import retention
from billing import events, mirror, tasks
from billing.models import Entitlement, StripeEvent
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

CANARY = "canary.7f3a@example.com"
MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def refreshes(double: StripeDouble) -> int:
    return len(double.calls("GET", "/v1/customers/"))


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


def test_a_burst_of_one_customers_events_is_one_refresh(stripe_double: StripeDouble) -> None:
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


def test_an_event_that_arrives_during_a_refresh_stays_waiting(
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


def test_an_event_processed_by_another_worker_ends_once(
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
        ("customer.subscription.updated", {"id": "sub_x", "object": "subscription", "customer": "cus_unknown"}),
        ("price.updated", {"id": "price_unknown", "object": "price"}),
        ("product.updated", {"id": "prod_unknown", "object": "product"}),
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


# Parallel deliveries


@pytest.mark.django_db(transaction=True)
def test_sixty_deliveries_of_an_event_are_processed_once(stripe_double: StripeDouble, published: list[int]) -> None:
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
