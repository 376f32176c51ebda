"""Webhooks while Stripe's API and Redis are unavailable: accepted at once, and processed when both are back."""

from typing import Any

import pytest

from tests.flows.paying import deliver, status, subscribe
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    ("outage", "rounds"),
    [({"down": True}, 4), ({"hang": 3.0}, 20)],
    ids=["down", "hanging"],
)
def test_events_outlive_an_outage_of_stripe_and_redis(breakable: Stack, outage: dict[str, Any], rounds: int) -> None:
    stack = breakable
    stack.restart("tasks", STRIPE_TIMEOUT="2")
    users = [stack.sign_up() for _ in range(5)]
    subscriptions = [subscribe(user) for user in users]
    wait_until(lambda: all(status(user)["tier"] == "pro" for user in users), "all of them Pro")
    before = set(stack.stripe.objects("events"))
    stack.stripe.deliver(enabled=False)
    for number in range(rounds):
        for subscription in subscriptions:
            stack.stripe.set_status(subscription, "past_due" if number % 2 else "active")
    for subscription in subscriptions[:2]:
        stack.stripe.set_status(subscription, "canceled")
    sent = [event for name, event in stack.stripe.objects("events").items() if name not in before]
    assert len(sent) == 5 * rounds + 2

    stack.stripe.switch(**outage)
    stack.redis.stop()
    assert {deliver(stack, event) for event in sent} == {200}, "accepted without Stripe and Redis"
    names = [event["id"] for event in sent]
    waiting = "SELECT count(*) FROM billing_stripeevent WHERE event_id = ANY(%s) AND processed_at IS NULL"
    assert stack.sql(waiting, names) == [(len(names),)]
    assert [status(user)["tier"] for user in users] == ["pro"] * 5, "the last known tier"

    stack.redis.start()
    tried = "SELECT count(*) FROM billing_stripeevent WHERE event_id = ANY(%s) AND error <> ''"
    wait_until(lambda: stack.sql(tried, names) != [(0,)], "a task that fails because of the outage")
    assert stack.sql(waiting, names) == [(len(names),)]
    stack.stripe.switch(down=False, hang=0)
    stack.sql("UPDATE billing_stripeevent SET next_try_at = now() WHERE next_try_at IS NOT NULL")
    wait_until(lambda: stack.sql(waiting, names) == [(0,)], "all processed", 120)
    assert [status(user)["tier"] for user in users] == ["basic"] * 2 + ["pro"] * 3
    assert stack.sql("SELECT count(*) FROM billing_stripeevent WHERE event_id = ANY(%s)", names) == [(len(names),)]


def test_a_worker_killed_over_events_loses_none(breakable: Stack) -> None:
    stack = breakable
    users = [stack.sign_up() for _ in range(4)]
    stack.stripe.switch(delays=[["/v1/subscriptions", 2, "before", 1000]])
    for user in users:
        subscribe(user)
    held = "SELECT 1 FROM billing_lease WHERE until > now()"
    wait_until(lambda: stack.sql(held), "a task that calls Stripe")
    stack.kill("tasks")
    for moved in ("billing_lease SET until", "billing_stripeevent SET next_try_at"):  # as if they were due
        stack.sql(f"UPDATE {moved} = now()" + (" WHERE next_try_at IS NOT NULL" if "event" in moved else ""))
    stack.start("tasks")
    stack.stripe.switch(delays=[])
    wait_until(lambda: all(status(user)["tier"] == "pro" for user in users), "all of them Pro", 180)
