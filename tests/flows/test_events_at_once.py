"""Stripe may deliver an event many times, and many events at once: each has one row and one effect."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.paying import status, subscribe
from tests.waiting import in_parallel, wait_until

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(("count", "times"), [(3, 10), pytest.param(18, 50, marks=pytest.mark.faults)])
def test_many_deliveries_of_an_event_have_one_effect(stack: Any, count: int, times: int) -> None:
    stack.stripe.deliver(enabled=False)
    users = [stack.sign_up() for _ in range(3)]
    for user in users:
        subscribe(user)
    events = stack.stripe.objects("events").values()
    chosen = []
    for customer in customers(stack, users):
        chosen += [each["id"] for each in events if about(each) == customer][-count // 3 :]
    assert len(chosen) == count
    known = len(subscription_calls(stack, users))

    def send(event: str) -> int:
        """Deliver it as Stripe does, repeatedly while the database is busy."""
        while (status := stack.stripe.send(event)) == 503:
            time.sleep(0.2)
        return int(status)

    for event in chosen:
        assert set(in_parallel([lambda e=event: send(e)] * times)) == {200}
    wait_until(lambda: not waiting(stack, chosen), "all processed")
    effects = settled(lambda: len(subscription_calls(stack, users))) - known
    assert 1 <= effects <= count, "at most one refresh per event"
    rows = state(stack, chosen)
    assert len(rows) == count

    for event in chosen:
        assert set(in_parallel([lambda e=event: send(e)] * 10)) == {200}
    assert not waiting(stack, chosen)
    assert state(stack, chosen) == rows
    assert settled(lambda: len(subscription_calls(stack, users))) - known == effects
    assert [status(user)["tier"] for user in users] == ["pro"] * 3
    assert [granted(stack).count(user.id) for user in users] == [1] * 3


def settled(count: Callable[[], int]) -> int:
    """The count once it has stayed the same for a second, since workers may still be calling Stripe."""
    before, now = -1, count()
    while now != before:
        time.sleep(1)
        before, now = now, count()
    return now


def about(event: dict[str, Any]) -> str:
    subject = event["data"]["object"]
    return str(subject["id"] if subject["object"] == "customer" else subject.get("customer"))


def customers(stack: Any, users: list[Any]) -> set[str]:
    ids = {str(user.id) for user in users}
    found = stack.stripe.objects("customers").values()
    return {each["id"] for each in found if (each.get("metadata") or {}).get("kuvaka_user") in ids}


def subscription_calls(stack: Any, users: list[Any]) -> list[dict[str, Any]]:
    theirs = customers(stack, users)
    calls = stack.stripe.calls("GET", "/v1/subscriptions")
    return [call for call in calls if call["params"].get("customer") in theirs]


def waiting(stack: Any, events: list[str]) -> list[Any]:
    unprocessed = "SELECT 1 FROM billing_stripeevent WHERE next_try_at IS NOT NULL AND event_id = ANY(%s)"
    return list(stack.sql(unprocessed, events))


def state(stack: Any, events: list[str]) -> list[Any]:
    columns = "event_id, tries, received_at, processed_at, error"
    return list(stack.sql(f"SELECT {columns} FROM billing_stripeevent WHERE event_id = ANY(%s) ORDER BY 1", events))


def granted(stack: Any) -> list[int]:
    """The ids of the users whose tier changed, once per change, since this stack started."""
    lines = [line for line in stack.log("tasks").splitlines() if '"entitlement_changed"' in line]
    return [json.loads(line)["user_id"] for line in lines]
