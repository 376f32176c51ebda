"""Two workers that refresh one customer at once: the one without the lease writes nothing."""

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
from djstripe.models import Subscription

from billing import events, leases, mirror
from billing.models import Lease, StripeEvent
from tests.billing.stripe_fixtures import deliver, events_of, source_of, subscriber
from tests.doubles.stripe.client import StripeDouble
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.usefixtures("published")


def status_here(subscription: str) -> str:
    return str(Subscription.objects.get(id=subscription).stripe_data["status"])


# Two workers


class Slow:
    """A worker that waits for Stripe's response about a customer until the test lets it continue."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, job: Callable[[], Any]) -> None:
        self._job, self._asked, self._let_go = job, threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        request = stripe.HTTPClient.request_with_retries

        def kept_back(client: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            response = request(client, method, url, *args, **kwargs)
            if threading.get_ident() == self._thread and "/v1/subscriptions" in url and not self._asked.is_set():
                self._asked.set()
                assert self._let_go.wait(120)
            return response

        monkeypatch.setattr(stripe.HTTPClient, "request_with_retries", kept_back)
        self._future: Future[Any] = self._pool.submit(self._run)
        assert self._asked.wait(60)

    def _run(self) -> Any:
        self._thread = threading.get_ident()
        try:
            return self._job()
        finally:
            connection.close()

    def resume(self) -> None:
        """Let the worker have the response."""
        self._let_go.set()

    def outcome(self) -> Any:
        """The result of the job once the worker has the response."""
        self.resume()
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

    def sleep_and_resume(seconds: float) -> None:
        slow.resume()
        time.sleep(seconds)

    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep_and_resume))
    assert events.process(event_id=race.end().pk) == "done"
    assert slow.outcome() == "done"
    assert status_here(race.subscription) == "canceled"
    assert source_of(race.user) == "default"


def test_without_the_lease_a_late_writer_brings_it_back(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race exists: this is why there is a lease."""

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


def test_an_event_that_cannot_get_the_lease_is_processed_later(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_holder_whose_lease_expired_writes_nothing(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_dead_holders_lease_can_be_acquired_after_expiry() -> None:
    assert leases._acquire("x", 600)
    with pytest.raises(leases.LeaseBusy), leases.hold(name="x", seconds=30, wait=0):
        raise AssertionError
    Lease.objects.update(until=Now() + timedelta(seconds=0.2))
    with leases.hold(name="x", seconds=30, wait=60) as held:
        assert Lease.objects.get().token == held.token
    assert not Lease.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_lost_lease_is_neither_confirmed_nor_released() -> None:
    from django.db import transaction

    with leases.hold(name="x", seconds=30, wait=0) as late:
        Lease.objects.update(token=uuid4())
        with transaction.atomic(), pytest.raises(leases.LeaseLost):
            late.confirm()
    assert Lease.objects.count() == 1, "it is another's"


@pytest.mark.django_db(transaction=True)
def test_a_confirmed_lease_is_locked_until_its_holder_commits() -> None:
    from django.db import transaction

    assert leases._acquire("x", 0.05)
    held = leases.HeldLease("x", Lease.objects.get().token)
    time.sleep(0.1)  # it can be acquired now

    def take() -> Any:
        try:
            return leases._acquire("x", 30)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            held.confirm()
            taker = pool.submit(take)
            wait_for_a_waiter()
            assert not taker.done()
        assert taker.result(60)
