"""The threads that send: none of them holds up the queue, another receiver, or sends what another one sends."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from accounts import tasks
from accounts.models import User, WebhookDelivery
from accounts.webhooks import senders, sending, transport
from tests.accounts.webhooks.receiver import Receiver, never, slowly
from tests.factories import make_user
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_pause_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that pauses makes no receiver slow, breaks off no attempt and lets no claim run out."""
    monkeypatch.setattr(sending, "PROMPT", timedelta(hours=1))
    monkeypatch.setattr(sending, "LEASE", timedelta(hours=1))
    monkeypatch.setattr(transport, "DEADLINE", 3600.0)


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    yield
    wait_until(lambda: senders._running == 0, "the threads have ended")


def delivered() -> int:
    return WebhookDelivery.objects.filter(status="delivered").count()


def test_a_hanging_receiver_holds_up_neither_task_nor_others(
    make: Callable[..., Any], receiver: Receiver, bob: User, tell: Any
) -> None:
    with Receiver() as hanging:
        hanging.answer = never(hanging)
        make(hanging.url)
        make(receiver.url, user=bob)
        for _ in range(20):
            tell()
        for _ in range(20):
            tell(bob)
        assert tasks.send_webhooks() == 1, "it returns while the thread begins"
        wait_until(lambda: delivered() == 20, "all of the other receiver's are delivered")
        assert hanging.connections <= sending.MOST_IN_FLIGHT
        assert {request.event["data"]["user_id"] for request in receiver.received} == {bob.pk}
        WebhookDelivery.objects.filter(status="pending").delete()
        hanging.is_closing.set()


def test_slow_receivers_of_many_users_hold_up_no_other(
    make: Callable[..., Any], receiver: Receiver, bob: User, tell: Any
) -> None:
    """Their endpoints are new, as those of who makes others again and again."""
    with Receiver() as hanging:
        hanging.answer = never(hanging)
        slow = [make_user() for _ in range(3 * senders.MOST)]
        for user in slow:
            make(hanging.url, user=user, is_new=True)
            for _ in range(3):
                tell(user)
        make(receiver.url, user=bob)
        for _ in range(20):
            tell(bob)
        for _ in range(senders.MOST):
            senders.wake()
        wait_until(lambda: delivered() == 20, "all of the other receiver's are delivered")
        wait_until(lambda: hanging.connections == senders.MOST_TO_SLOW, "some are waited for")
        tell(bob)
        senders.wake()
        wait_until(lambda: delivered() == 21, "one more is delivered beside them")
        assert hanging.most_at_once == senders.MOST_TO_SLOW
        assert {request.event["data"]["user_id"] for request in receiver.received} == {bob.pk}
        WebhookDelivery.objects.filter(status="pending").delete()
        hanging.is_closing.set()


def test_many_senders_send_each_delivery_once(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    receiver.answer = slowly(0.05)
    make(receiver.url)
    for _ in range(150):
        tell()
    for _ in range(senders.MOST + 3):
        assert senders.wake() <= senders.MOST
    wait_until(lambda: delivered() == 150, "all are delivered", 300)
    counts = Counter(request.id for request in receiver.received)
    assert (len(counts), set(counts.values())) == (150, {1})
    assert 1 < receiver.most_at_once <= sending.MOST_IN_FLIGHT


def test_no_connection_is_held_while_a_receiver_is_waited_for(
    make: Callable[..., Any], receiver: Receiver, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    attempt = sending.attempt

    def note(delivery: WebhookDelivery) -> Any:
        held.append(connections["default"].connection is not None)
        return attempt(delivery)

    monkeypatch.setattr(sending, "attempt", note)
    make(receiver.url)
    tell()
    senders.wake()
    wait_until(lambda: delivered() == 1, "it is delivered")
    assert held == [False]
