"""Webhooks from the worker that ends a reply to a receiver, through kills."""

import random
from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest

from accounts.webhooks import outbox, sending
from tests.accounts.webhooks.receiver import Receiver, slowly
from tests.api_user import ApiUser
from tests.stack import Stack
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(900),
    pytest.mark.stack_settings(
        web={"WEBHOOK_ALLOW_LOOPBACK": "true"}, tasks={"DEBUG": "true", "WEBHOOK_ALLOW_LOOPBACK": "true"}
    ),
]

EVENTS = 1000
KILLS = 4
BESIDE_TASKS = 150
"""Events that take long enough for several tasks, of which beat publishes one a second here."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def make(user: ApiUser, url: str) -> str:
    """Make an endpoint, and return its secret."""
    response = user.call("POST", "/webhook-endpoints", json={"url": url, "event_types": ["reply.done"]})
    assert response.status_code == 201, response.text
    return str(response.json()["secret"])


def test_the_end_of_a_reply_reaches_a_receiver(breakable: Stack, receiver: Receiver) -> None:
    user = breakable.sign_up()
    secret = make(user, receiver.url)
    message = user.send(user.room(), "Hello")
    wait_until(lambda: receiver.received, "the event has come")
    event = receiver.received[0].verified_with(secret)
    assert (event["type"], event["data"]["message_id"]) == ("reply.done", message["id"])


@pytest.mark.faults
def test_tasks_beside_the_senders_do_not_break_them(breakable: Stack, receiver: Receiver) -> None:
    """Celery would close the pool of connections, which the threads use, before and after each task."""
    stack, user = breakable, breakable.sign_up()
    make(user, receiver.url)
    for _ in range(BESIDE_TASKS):
        stack.sql(outbox.TELL, event_id=uuid4(), user_id=user.id, type="reply.done", data="{}")
    receiver.answer = slowly(0.05)
    pending = "SELECT 1 FROM accounts_webhookdelivery WHERE status <> 'delivered'"
    wait_until(lambda: not stack.sql(pending), "all are delivered", 300)
    assert len(receiver.received) == BESIDE_TASKS, "none had to be sent again"


@pytest.mark.faults
def test_no_event_is_lost_when_senders_are_killed(breakable: Stack, receiver: Receiver) -> None:
    stack, user = breakable, breakable.sign_up()
    secret = make(user, receiver.url)
    stack.sql("UPDATE accounts_webhookendpoint SET prompt_since = now() - interval '1 hour'")  # several at a time
    told = [uuid4() for _ in range(EVENTS)]
    for event_id in told:
        stack.sql(outbox.TELL, event_id=event_id, user_id=user.id, type="reply.done", data="{}")
    for number in range(1, KILLS + 1):
        goal = number * EVENTS // (KILLS + 2) + random.randrange(50)
        wait_until(lambda goal=goal: len(receiver.received) >= goal, f"{goal} have come", 300)
        stack.kill("tasks")
        stack.redis.empty()
        stack.sql(
            "UPDATE accounts_webhookdelivery SET lease_until = now(), next_attempt_at = now() "
            "WHERE lease_until IS NOT NULL"
        )
        stack.start("tasks")
    pending = "SELECT 1 FROM accounts_webhookdelivery WHERE status <> 'delivered'"
    wait_until(lambda: not stack.sql(pending), "all are delivered", 300)
    counts = Counter(request.id for request in receiver.received)
    assert counts.keys() == {f"msg_{event_id.hex}" for event_id in told}
    [(attempts,)] = stack.sql("SELECT sum(attempts) FROM accounts_webhookdelivery")
    assert len(receiver.received) <= attempts + KILLS * sending.MOST_IN_FLIGHT, "only what was in flight came again"
    for request in receiver.received[-20:]:  # the library refuses what is older than five minutes
        assert request.verified_with(secret)["type"] == "reply.done"
