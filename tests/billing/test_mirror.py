"""Whatever the order of events, and whoever asks Stripe at the same moment: the rows end as Stripe's truth."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import stripe
from django.db import connection
from django.db.models.functions import Now
from djstripe.models import Customer, Invoice, Subscription

from accounts.models import User
from billing import checkout, entitlements, events, leases, mirror, reconcile, stripe_api, stripe_client, webhook
from billing.exceptions import AlreadySubscribed
from billing.models import Entitlement, Lease, StripeEvent
from tests.billing.stripe_fixtures import customer_of, deliver, events_of, subscribe, subscriber
from tests.doubles.stripe.client import StripeDouble
from tests.factories import make_user
from tests.locks import wait_for_a_waiter

KINDS = (
    "customer.subscription.created",
    "customer.subscription.updated",
    "invoice.paid",
    "customer.subscription.deleted",
)


ORDERS = [
    pytest.param(order, marks=pytest.mark.faults) if number % 5 else order
    for number, order in enumerate(itertools.permutations(range(4)))
]
"""Of all orders of four events a fifth, in which each comes first and last; the others with the faults."""


@pytest.fixture(autouse=True)
def _workers_are_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "publish", lambda *_: True)


def source_of(user: User) -> str:
    return str(entitlements.standing_of(user_id=user.pk).source)


def status_here(subscription: str) -> str:
    return str(Subscription.objects.get(id=subscription).stripe_data["status"])


# Order


@pytest.mark.django_db
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(map(str, order)))
@pytest.mark.parametrize("again", [False, True], ids=["ended", "subscribed again"])
def test_any_order_of_events_twice_each_ends_in_stripes_truth(
    stripe_double: StripeDouble, order: tuple[int, ...], again: bool
) -> None:
    user = make_user()
    ended = subscribe(stripe_double, user)
    stripe_double.set_status(ended, "canceled")
    customer = customer_of(user)
    told = [events_of(stripe_double, customer, kind)[-1] for kind in KINDS]
    now = subscribe(stripe_double, user) if again else ""
    for number in order:
        for _ in range(2):
            row = deliver(told[number])
            assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == ("stripe" if again else "default")
    assert status_here(ended) == "canceled"
    assert not again or status_here(now) == "active"
    assert StripeEvent.objects.filter(processed_at__isnull=False).count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1)])
def test_events_that_come_between_the_changes_end_in_stripes_truth(
    stripe_double: StripeDouble, order: tuple[int, ...]
) -> None:
    """Those of the first half are told late, when the subscription has long ended."""
    user = make_user()
    subscription = subscribe(stripe_double, user)
    customer = customer_of(user)
    told = [events_of(stripe_double, customer, kind)[-1] for kind in KINDS[:3]]
    assert events.process(event_id=deliver(told[order[0] % 3]).pk) == "done"
    assert source_of(user) == "stripe"
    stripe_double.set_status(subscription, "canceled")
    told.append(events_of(stripe_double, customer, KINDS[3])[0])
    for number in order:
        events.process(event_id=deliver(told[number]).pk)
    assert source_of(user) == "default"
    assert Subscription.objects.count() == 1


# Two workers


class Slow:
    """A worker that asked Stripe about a customer, and has the answer only when it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, job: Callable[[], Any]) -> None:
        self._job, self._asked, self._let_go = job, threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        request = stripe.HTTPClient.request_with_retries

        def kept_back(client: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            answer = request(client, method, url, *args, **kwargs)
            if threading.get_ident() == self._thread and "/v1/subscriptions" in url and not self._asked.is_set():
                self._asked.set()
                assert self._let_go.wait(120)
            return answer

        monkeypatch.setattr(stripe.HTTPClient, "request_with_retries", kept_back)
        self._future: Future[Any] = self._pool.submit(self._run)
        assert self._asked.wait(60)

    def _run(self) -> Any:
        self._thread = threading.get_ident()
        try:
            return self._job()
        finally:
            connection.close()

    def go_on(self) -> None:
        """Let the worker have its answer."""
        self._let_go.set()

    def outcome(self) -> Any:
        """What becomes of the job when the worker has its answer."""
        self.go_on()
        with self._pool:
            return self._future.result(60)


class Race:
    """A subscriber whose `invoice.paid` is being processed while the subscription ends."""

    def __init__(self, double: StripeDouble, monkeypatch: pytest.MonkeyPatch) -> None:
        self.double, self._monkeypatch = double, monkeypatch
        self.user, self.customer, self.subscription = subscriber(double)
        self.paid = deliver(events_of(double, self.customer, "invoice.paid")[0])

    def slow(self) -> Slow:
        return Slow(self._monkeypatch, lambda: events.process(event_id=self.paid.pk))

    def end(self) -> StripeEvent:
        self.double.set_status(self.subscription, "canceled")
        return deliver(events_of(self.double, self.customer, "customer.subscription.deleted")[0])


@pytest.fixture
def race(transactional_db: None, stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch) -> Race:
    return Race(stripe_double, monkeypatch)


def wait_for_leases(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    refresh = mirror.refresh_customer
    monkeypatch.setattr(
        mirror, "refresh_customer", lambda *, customer_id: refresh(customer_id=customer_id, wait=seconds)
    )


def test_a_late_writer_does_not_bring_an_ended_subscription_back(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_leases(monkeypatch, 60)
    slow = race.slow()

    def let_go_on(seconds: float) -> None:
        slow.go_on()
        time.sleep(seconds)

    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=time.monotonic, sleep=let_go_on))
    assert events.process(event_id=race.end().pk) == "done"
    assert slow.outcome() == "done"
    assert status_here(race.subscription) == "canceled"
    assert source_of(race.user) == "default"


def test_without_the_lease_a_late_writer_brings_it_back(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race is real: this is what the lease is for."""

    class Nothing:
        def confirm(self) -> None:
            pass

    @contextmanager
    def hold(**_: Any) -> Iterator[Nothing]:
        yield Nothing()

    monkeypatch.setattr(leases, "hold", hold)
    slow = race.slow()
    assert events.process(event_id=race.end().pk) == "done"
    assert source_of(race.user) == "default"
    assert slow.outcome() == "done"
    assert status_here(race.subscription) == "active", "the truth is: canceled"
    assert source_of(race.user) == "stripe", "and Pro for nothing"


def test_who_waits_too_long_for_the_lease_comes_back_later(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_leases(monkeypatch, 0.1)
    slow, ended = race.slow(), race.end()
    assert events.process(event_id=ended.pk) == "busy"
    ended.refresh_from_db()
    assert (ended.attempts, ended.processed_at, ended.error) == (0, None, "")
    assert ended.next_attempt_at
    assert slow.outcome() == "done"
    ended.refresh_from_db()
    assert ended.processed_at is None, "what the slow one asked is older than this event"
    assert events.process(event_id=ended.pk) == "done"
    assert source_of(race.user) == "default"


def test_a_holder_whose_lease_ran_out_writes_nothing_and_comes_back(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "LEASE", 0.2)
    slow = race.slow()
    time.sleep(0.3)
    assert events.process(event_id=race.end().pk) == "done"
    before = Subscription.objects.get(id=race.subscription).djstripe_updated
    assert slow.outcome() == "busy"
    assert Subscription.objects.get(id=race.subscription).djstripe_updated == before
    assert status_here(race.subscription) == "canceled"
    race.paid.refresh_from_db()
    assert race.paid.error == "", "the other one answered it too, or it waits"
    assert race.paid.next_attempt_at or race.paid.processed_at
    assert not Lease.objects.exists()
    assert events.process(event_id=race.paid.pk) == "done"
    assert source_of(race.user) == "default"


# The lease


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_holds_the_lease() -> None:
    inside, most, lock = [0], [0], threading.Lock()

    def work(_: int) -> bool:
        try:
            with leases.hold(name="x", seconds=60, wait=60):
                with lock:
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                time.sleep(0.01)
                with lock:
                    inside[0] -= 1
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    assert most == [1]
    assert not Lease.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_lease_of_a_dead_holder_can_be_taken_when_its_time_is_over() -> None:
    assert leases._take("x", 600)
    with pytest.raises(leases.LeaseBusy), leases.hold(name="x", seconds=30, wait=0):
        raise AssertionError
    Lease.objects.update(until=Now() + timedelta(seconds=0.2))
    with leases.hold(name="x", seconds=30, wait=60) as held:
        assert Lease.objects.get().token == held.token
    assert not Lease.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_lost_a_lease_neither_confirms_nor_ends_it() -> None:
    from django.db import transaction

    with leases.hold(name="x", seconds=30, wait=0) as late:
        Lease.objects.update(token=uuid4())
        with transaction.atomic(), pytest.raises(leases.LeaseLost):
            late.confirm()
    assert Lease.objects.count() == 1, "it is another's"


@pytest.mark.django_db(transaction=True)
def test_a_lease_confirmed_cannot_be_taken_until_its_holder_commits() -> None:
    from django.db import transaction

    assert leases._take("x", 0.05)
    held = leases.Held("x", Lease.objects.get().token)
    time.sleep(0.1)  # it may be taken now

    def take() -> Any:
        try:
            return leases._take("x", 30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held.confirm()
            taker = pool.submit(take)
            wait_for_a_waiter()
            assert not taker.done()
        assert taker.result(60)


# Whose customers


@pytest.mark.django_db
@pytest.mark.parametrize("owner", ["", "999999999", "x", "-1", "٣", "9" * 30, None])
def test_a_customer_who_is_none_of_ours_is_left_alone(stripe_double: StripeDouble, settings: Any, owner: Any) -> None:
    made = stripe_client.api().customers.create(params={"metadata": {"shop": "another"}})
    metadata = {} if owner is None else {settings.STRIPE_CUSTOMER_KEY: owner}
    stripe_double.edit("customers", made.id, metadata=metadata)
    assert mirror.refresh_customer(customer_id=made.id) is False
    assert not Customer.objects.exists()
    assert len(stripe_double.calls("GET")) == 1


@pytest.mark.django_db
def test_a_customer_of_the_other_mode_is_left_alone(stripe_double: StripeDouble, settings: Any) -> None:
    user = make_user()
    metadata = {settings.STRIPE_CUSTOMER_KEY: str(user.pk)}
    made = stripe_client.api().customers.create(params={"metadata": metadata})
    stripe_double.edit("customers", made.id, livemode=True)
    assert mirror.refresh_customer(customer_id=made.id) is False
    assert not Customer.objects.exists()


@pytest.mark.django_db
def test_a_customer_deleted_at_stripe_is_basic_and_purged(stripe_double: StripeDouble) -> None:
    user, customer, _ = subscriber(stripe_double)
    stripe_api.delete_customer(customer_id=customer)
    row = deliver(events_of(stripe_double, customer, "customer.deleted")[0])
    assert events.process(event_id=row.pk) == "done"
    assert source_of(user) == "default"
    assert Customer.objects.get(id=customer).date_purged
    assert mirror.customer_of(user_id=user.pk) is None
    for late in events_of(stripe_double, customer):
        assert events.process(event_id=deliver(late).pk) == "done"
    assert source_of(user) == "default"
    assert Customer.objects.get(id=customer).date_purged


# Transactions and the network


@pytest.fixture
def calls(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every call of the SDK; one in a transaction fails the test."""
    found: list[str] = []
    in_transaction: list[str] = []
    request = stripe.HTTPClient.request_with_retries

    def watched(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        (in_transaction if connection.in_atomic_block else found).append(f"{method} {url}")
        return request(self, method, url, *args, **kwargs)

    monkeypatch.setattr(stripe.HTTPClient, "request_with_retries", watched)
    yield found
    assert not in_transaction
    assert found


@pytest.mark.parametrize("before", ["open_sessions_of", "subscriptions_of"])
def test_who_pays_between_two_questions_of_a_click_gets_no_second_session(
    stripe_double: StripeDouble, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    user = make_user()
    first = checkout.start(user_id=user.pk)
    ask = getattr(stripe_api, before)

    def paid_and_asked(**what: Any) -> Any:
        monkeypatch.setattr(stripe_api, before, ask)
        stripe_double.pay(first.url or "")
        return ask(**what)

    monkeypatch.setattr(stripe_api, before, paid_and_asked)
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    customer = customer_of(user)
    assert len(stripe_api.subscriptions_of(customer_id=customer)) == 1
    assert stripe_api.open_sessions_of(customer_id=customer) == []


def test_stripe_is_never_asked_in_a_transaction(calls: list[str], stripe_double: StripeDouble) -> None:
    user = make_user()
    subscription = subscribe(stripe_double, user)
    customer = customer_of(user)
    for event in events_of(stripe_double, customer):
        events.process(event_id=deliver(event).pk)
    with pytest.raises(AlreadySubscribed):
        checkout.start(user_id=user.pk)
    assert checkout.portal_url(user_id=user.pk)
    # As it is with an empty mirror: prices and products are unknown too.
    for model in (Invoice, Subscription, Customer):
        model.objects.all().delete()
    entitlements.recompute_stripe(user_id=user.pk)
    assert source_of(user) == "default"
    from djstripe.models import Price, Product

    Price.objects.all().delete()
    Product.objects.all().delete()
    assert reconcile.compare().drifted == [customer]
    assert source_of(user) == "stripe"
    stripe_double.at_portal(checkout.portal_url(user_id=user.pk), "card_works")
    stripe_double.to_period_end(subscription)
    reconcile.find_missed()
    for row in StripeEvent.objects.filter(processed_at=None):
        assert events.process(event_id=row.pk) == "done"
    stripe_api.delete_customer(customer_id=customer)
    mirror.refresh_customer(customer_id=customer)
    session = checkout.start(user_id=user.pk)
    assert session.url
    assert Entitlement.objects.get(pk=user.pk).stripe_until is None
