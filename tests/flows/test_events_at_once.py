"""Stripe may deliver an event as often as it likes, and many at once: one row, one effect."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.paying import status, subscribe
from tests.stack import in_parallel, wait_until

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(("count", "times"), [(3, 10), pytest.param(18, 50, marks=pytest.mark.faults)])
def test_events_delivered_many_times_each_have_one_effect_each(stack: Any, count: int, times: int) -> None:
    stack.stripe.deliver(enabled=False)
    people = [stack.sign_up() for _ in range(3)]
    for person in people:
        subscribe(person)
    events = stack.stripe.objects("events").values()
    chosen = []
    for customer in customers(stack, people):
        chosen += [each["id"] for each in events if about(each) == customer][-count // 3 :]
    assert len(chosen) == count
    known = len(asked(stack, people))

    def send(event: str) -> int:
        """Deliver it as Stripe does, again if it was not taken: a busy database is no fault."""
        while (status := stack.stripe.send(event)) == 503:
            time.sleep(0.2)
        return int(status)

    for event in chosen:
        assert set(in_parallel([lambda e=event: send(e)] * times)) == {200}
    wait_until(lambda: not waiting(stack, chosen), "all processed")
    effects = settled(lambda: len(asked(stack, people))) - known
    assert 1 <= effects <= count, "Stripe is asked once for an event at most"
    rows = state(stack, chosen)
    assert len(rows) == count

    for event in chosen:
        assert set(in_parallel([lambda e=event: send(e)] * 10)) == {200}
    assert not waiting(stack, chosen)
    assert state(stack, chosen) == rows
    assert settled(lambda: len(asked(stack, people))) - known == effects
    assert [status(person)["tier"] for person in people] == ["pro"] * 3
    assert [granted(stack).count(person.id) for person in people] == [1] * 3


def settled(count: Callable[[], int]) -> int:
    """What is counted, once it stays the same for a second: what another event has answered may still be asked."""
    before, now = -1, count()
    while now != before:
        time.sleep(1)
        before, now = now, count()
    return now


def about(event: dict[str, Any]) -> str:
    subject = event["data"]["object"]
    return str(subject["id"] if subject["object"] == "customer" else subject.get("customer"))


def customers(stack: Any, people: list[Any]) -> set[str]:
    ids = {str(person.id) for person in people}
    found = stack.stripe.objects("customers").values()
    return {each["id"] for each in found if (each.get("metadata") or {}).get("kuvaka_user") in ids}


def asked(stack: Any, people: list[Any]) -> list[dict[str, Any]]:
    """What Stripe was asked about the subscriptions of these people."""
    theirs = customers(stack, people)
    calls = stack.stripe.calls("GET", "/v1/subscriptions")
    return [call for call in calls if call["params"].get("customer") in theirs]


def waiting(stack: Any, events: list[str]) -> list[Any]:
    unprocessed = "SELECT 1 FROM billing_stripeevent WHERE next_try_at IS NOT NULL AND event_id = ANY(%s)"
    return list(stack.sql(unprocessed, events))


def state(stack: Any, events: list[str]) -> list[Any]:
    """The rows of these events, as they are."""
    columns = "event_id, tries, received_at, processed_at, error"
    return list(stack.sql(f"SELECT {columns} FROM billing_stripeevent WHERE event_id = ANY(%s) ORDER BY 1", events))


def granted(stack: Any) -> list[int]:
    """Whose tier has changed, each time, in the life of this stack."""
    lines = [line for line in stack.log("tasks").splitlines() if '"entitlement_changed"' in line]
    return [json.loads(line)["user_id"] for line in lines]
