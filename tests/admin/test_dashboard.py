"""The first page: statistics of past days, computed in the background, and the current numbers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts import statistics
from accounts.models import DailyStatistic, User
from billing import budget
from billing.models import StripeEvent
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply, Status
from tests.billing.model_calls import call

pytestmark = pytest.mark.django_db


def today() -> dict[str, float]:
    day = datetime.now(UTC).date()
    return dict(DailyStatistic.objects.filter(day=day).values_list("name", "value"))


def test_statistics_of_a_day_are_computed(alice: User, room: Chatroom, failed_reply: Reply) -> None:
    started = datetime.now(UTC)
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Another")
    Reply.objects.filter(answers_id=sent.pk).update(
        status=Status.DONE, first_token_ms=400, started_at=Now() + timedelta(seconds=2)
    )
    budget.add(user_id=alice.pk, calls=[call(30, 12)])
    statistics.collect()
    found = today()
    assert (found["messages"], found["done"], found["failed"], found["stopped"]) == (2, 1, 1, 0)
    assert found["failed.provider_timeout"] == 1
    assert (found["first_token_p50"], found["first_token_p95"]) == (400, 400)
    elapsed = (datetime.now(UTC) - started) / timedelta(milliseconds=1)
    assert 2000 <= found["queue_p95"] <= 2001 + elapsed
    assert (found["prompt_tokens"], found["output_tokens"], found["sign_ups"]) == (30, 12, User.objects.count())


def test_only_recent_days_are_computed_again(alice: User, room: Chatroom) -> None:
    assert statistics.collect() == statistics.DAYS
    message = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    long_ago = Now() - timedelta(days=5)
    old = conversation.send(user_id=alice.pk, room_id=room.pk, content="Old")
    Message.objects.filter(pk=old.pk).update(created_at=long_ago)
    assert statistics.collect() == 2
    assert today()["messages"] == 1, message


def test_the_page_shows_charts_and_alarms(
    staff_client: Client, alice: User, failed_reply: Reply, room: Chatroom
) -> None:
    waiting = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    Reply.objects.filter(answers_id=waiting.pk).update(next_attempt_at=Now() - timedelta(minutes=7))
    StripeEvent.objects.create(event_id="evt_1", type="invoice.paid", next_attempt_at=None, error="x")
    statistics.collect()
    page = staff_client.get("/admin/").content.decode()
    for words in ("Replies by outcome", "Time to the first token", "provider_timeout", "1 failed", "has waited 42"):
        assert words in page
    assert page.count("<canvas") == 8


def test_the_page_opens_without_any_statistics(staff_client: Client) -> None:
    assert staff_client.get("/admin/").status_code == 200


def test_the_page_takes_few_queries(
    staff_client: Client, alice: User, failed_reply: Reply, django_assert_max_num_queries: Callable
) -> None:
    statistics.collect()
    with django_assert_max_num_queries(14):
        staff_client.get("/admin/")
