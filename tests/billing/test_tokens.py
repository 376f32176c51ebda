"""Tokens per user, day and installation, and the ceiling of a day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.models import User
from billing import budget, quota
from billing.models import DailyUsage, LedgerEntry, ModelCall, ServiceUsage
from chatrooms.models import Message
from gemini.types import Usage
from tests.billing.model_calls import call
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.django_db

NOTHING = Usage(prompt_tokens=None, output_tokens=None)


def assert_between(least: timedelta, seconds: str, most: timedelta) -> None:
    """Retry-After has whole seconds, by the database's clock."""
    assert least.total_seconds() - 2 < int(seconds) < most.total_seconds() + 2


def test_tokens_add_up_by_user_day_and_service(
    set_clock: Callable[[datetime], None], alice: User, client: APIClient
) -> None:
    set_clock(datetime(2026, 10, 31, 23, tzinfo=UTC))
    budget.add(user_id=alice.pk, calls=[call(10, 5)])
    for day in (1, 2):
        set_clock(datetime(2026, 11, day, tzinfo=UTC))
        budget.add(user_id=alice.pk, calls=[call(1, 2)])
        budget.add(user_id=alice.pk, calls=[call(1, 2)])
    budget.add(user_id=0, calls=[call(100, 0)])  # of a user who was erased
    allowance = quota.allowance_of(user_id=alice.pk)
    assert allowance.today == quota.Tokens(prompt=2, output=4, cost_micros=0)
    assert allowance.month == quota.Tokens(prompt=4, output=8, cost_micros=0)
    service = {row.day.day: (row.prompt_tokens, row.output_tokens) for row in ServiceUsage.objects.all()}
    assert service == {31: (10, 5), 1: (2, 4), 2: (102, 4)}


def test_each_call_is_listed_and_its_cost_adds_up(alice: User, client: APIClient) -> None:
    counts = {"cached_tokens": 40, "tool_tokens": 7, "thought_tokens": 3}
    budget.add(
        user_id=alice.pk,
        calls=[
            call(100, 20, cost_micros=1_250, response_id="r-1", service_tier="priority", **counts),
            call(10, 2),
            call(0, 0, response_id="cost nothing"),
        ],
    )
    budget.add(user_id=alice.pk, calls=[call(1, 1, cost_micros=5, purpose=ModelCall.Purpose.TITLE)])
    listed = ModelCall.objects.order_by("pk").values_list(
        "user_id", "purpose", "prompt_tokens", "output_tokens", *counts, "cost_micros", "response_id", "service_tier"
    )
    assert list(listed) == [
        (alice.pk, "reply", 100, 20, 40, 7, 3, 1_250, "r-1", "priority"),
        (alice.pk, "reply", 10, 2, None, None, None, None, "", ""),
        (alice.pk, "title", 1, 1, None, None, None, 5, "", ""),
    ]
    allowance = quota.allowance_of(user_id=alice.pk)
    assert allowance.today == quota.Tokens(prompt=118, output=23, cost_micros=1_255), "what tools added is input, too"
    assert client.get("/usage").json()["tokens"]["month"]["cost"] == "0.001255"
    assert ServiceUsage.objects.get().cost_micros == 1_255


@pytest.mark.django_db(transaction=True)
def test_a_call_of_a_user_being_erased_counts_for_the_service(alice: User) -> None:
    faults: list[Exception] = []

    def add() -> None:
        try:
            budget.add(user_id=alice.pk, calls=[call(3, 4)])
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    other = Thread(target=add)
    with transaction.atomic():
        User.objects.filter(pk=alice.pk).delete()
        other.start()
        wait_for_a_waiter()
    other.join(60)
    assert faults == []
    assert list(ServiceUsage.objects.values_list("prompt_tokens", "output_tokens")) == [(3, 4)]
    assert not DailyUsage.objects.exists()


def test_the_ceiling_refuses_sends_but_not_reads_until_midnight(
    client: APIClient, alice: User, settings: pytest.FixtureRequest
) -> None:
    settings.DAILY_TOKEN_CEILING = 100
    settings.TOKEN_SHARES = {"basic": 100, "pro": 100}
    room = client.post("/chatroom", {"name": "Room"}).json()["id"]
    budget.add(user_id=alice.pk, calls=[call(60, 39)])
    assert client.post(f"/chatroom/{room}/message", {"content": "Hello"}).status_code == 202
    budget.add(user_id=alice.pk, calls=[call(1, 0)])
    begun = datetime.now(UTC)
    refused = client.post(f"/chatroom/{room}/message", {"content": "Hello"})
    ended = datetime.now(UTC)
    assert (refused.status_code, refused.json()["code"]) == (503, "service_budget_reached")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert_between(midnight - ended, refused["Retry-After"], midnight - begun)
    assert client.get(f"/chatroom/{room}/messages").status_code == 200
    assert (Message.objects.filter(role="user").count(), LedgerEntry.objects.count()) == (1, 1)
    for usage in (ServiceUsage, DailyUsage):
        usage.objects.update(day=midnight.date() - timedelta(days=2))
    assert client.post(f"/chatroom/{room}/message", {"content": "Hello"}).status_code == 202
