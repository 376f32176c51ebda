"""Tokens per user, day and installation, and the ceiling of a day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.models import User
from billing import budget, quota
from billing.models import DailyUsage, LedgerEntry, ServiceUsage
from chatrooms.models import Message
from gemini.types import Usage
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
    budget.add(user_id=alice.pk, prompt_tokens=10, output_tokens=5)
    for day in (1, 2):
        set_clock(datetime(2026, 11, day, tzinfo=UTC))
        budget.add(user_id=alice.pk, prompt_tokens=1, output_tokens=2)
        budget.add(user_id=alice.pk, prompt_tokens=1, output_tokens=2)
    budget.add(user_id=0, prompt_tokens=100, output_tokens=0)  # of a user who was erased
    allowance = quota.allowance_of(user_id=alice.pk)
    assert (allowance.today, allowance.month) == (quota.Tokens(prompt=2, output=4), quota.Tokens(prompt=4, output=8))
    service = {row.day.day: (row.prompt_tokens, row.output_tokens) for row in ServiceUsage.objects.all()}
    assert service == {31: (10, 5), 1: (2, 4), 2: (102, 4)}


@pytest.mark.django_db(transaction=True)
def test_a_call_of_a_user_being_erased_counts_for_the_service(alice: User) -> None:
    faults: list[Exception] = []

    def add() -> None:
        try:
            budget.add(user_id=alice.pk, prompt_tokens=3, output_tokens=4)
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
    budget.add(user_id=alice.pk, prompt_tokens=60, output_tokens=39)
    assert client.post(f"/chatroom/{room}/message", {"content": "Hello"}).status_code == 202
    budget.add(user_id=alice.pk, prompt_tokens=1, output_tokens=0)
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
