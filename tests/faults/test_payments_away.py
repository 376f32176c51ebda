"""Webhooks while Stripe's API and Redis are away: taken at once, and acted on when both are back."""

import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from billing.pretend_stripe.deliveries import signature
from tests.doubles.stripe import SECRET
from tests.flows.test_paying import status, subscribe
from tests.stack import Stack, assert_one_of_three_takes_at_most, wait_until

pytestmark = pytest.mark.stack


def deliver(stack: Stack, event: dict[str, Any]) -> tuple[int, float]:
    """Post an event as Stripe does; the status, and how many seconds it took."""
    body = json.dumps(event).encode()
    started = time.monotonic()
    answer = requests.post(
        f"{stack.url}/webhook/stripe",
        data=body,
        headers={"Stripe-Signature": signature(body, secret=SECRET), "Content-Type": "application/json"},
        timeout=30,
    )
    return answer.status_code, time.monotonic() - started


@pytest.mark.parametrize("outage", [{"down": True}, {"hang": 3.0}], ids=["down", "hanging"])
def test_a_hundred_events_outlive_an_outage_of_stripe_and_redis(
    make_stack: Callable[..., Stack], outage: dict[str, Any]
) -> None:
    stack = make_stack(STRIPE_TIMEOUT="2")
    people = [stack.sign_up() for _ in range(5)]
    subscriptions = [subscribe(person) for person in people]
    wait_until(lambda: all(status(person)["tier"] == "pro" for person in people), 10, "all of them Pro")
    before = set(stack.stripe.things("events"))
    stack.stripe.deliver(enabled=False)
    for number in range(20):
        for subscription in subscriptions:
            stack.stripe.set_status(subscription, "past_due" if number % 2 else "active")
    for subscription in subscriptions[:2]:
        stack.stripe.set_status(subscription, "canceled")
    told = [event for name, event in stack.stripe.things("events").items() if name not in before]
    assert len(told) == 102

    stack.stripe.switch(**outage)
    stack.stop_redis()
    names: list[str] = []

    def deliver_all() -> float:
        """How long all but the slowest took: the 99th percentile. Told again, the same comes by other ids."""
        events = [event | {"id": f"{event['id']}{'again' * (len(names) // len(told))}"} for event in told]
        names.extend(event["id"] for event in events)
        answers = [deliver(stack, event) for event in events]
        assert {code for code, _ in answers} == {200}
        seconds = sorted(taken for _, taken in answers)
        print(f"taken in {statistics.median(seconds) * 1000:.0f} ms (median), {seconds[-2] * 1000:.0f} ms (99 of 100)")
        return seconds[-2]

    assert_one_of_three_takes_at_most(0.5, deliver_all, "the 99th percentile")
    waiting = "SELECT count(*) FROM billing_stripeevent WHERE event_id = ANY(%s) AND processed_at IS NULL"
    assert stack.sql(waiting, names) == [(len(names),)]
    assert [status(person)["tier"] for person in people] == ["pro"] * 5, "the last that is known"

    stack.start_redis()
    time.sleep(5)  # Stripe stays away: the tasks run, and give up for now
    assert stack.sql(waiting, names) == [(len(names),)]
    stack.stripe.switch(down=False, hang=0)
    wait_until(lambda: stack.sql(waiting, names) == [(0,)], 60, "all processed")
    assert [status(person)["tier"] for person in people] == ["basic"] * 2 + ["pro"] * 3
    assert stack.sql("SELECT count(*) FROM billing_stripeevent WHERE event_id = ANY(%s)", names) == [(len(names),)]


def test_a_worker_killed_over_events_loses_none(make_stack: Callable[..., Stack]) -> None:
    stack = make_stack()
    people = [stack.sign_up() for _ in range(4)]
    stack.stripe.switch(delays=[["/v1/subscriptions", 0.5, "before", 1000]])
    for person in people:
        subscribe(person)
    time.sleep(0.7)
    stack.kill("tasks")
    stack.start("tasks")
    stack.stripe.switch(delays=[])
    wait_until(lambda: all(status(person)["tier"] == "pro" for person in people), 150, "all of them Pro")
