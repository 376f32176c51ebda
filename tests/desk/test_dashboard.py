"""The first page: figures of days that are computed in the background, and the numbers of this moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts import statistics
from accounts.models import DailyFigure, User
from billing import budget
from billing.models import StripeEvent
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply, Status

pytestmark = pytest.mark.django_db


def today() -> dict[str, float]:
    day = datetime.now(UTC).date()
    return dict(DailyFigure.objects.filter(day=day).values_list("name", "value"))


def test_a_day_is_told_in_figures(person: User, room: Chatroom, failed: Reply) -> None:
    begun = datetime.now(UTC)
    sent = conversation.send(user_id=person.pk, room_id=room.pk, content="Another")
    Reply.objects.filter(answers=sent).update(
        status=Status.DONE, first_token_ms=400, started_at=Now() + timedelta(seconds=2)
    )
    budget.add(user_id=person.pk, prompt_tokens=30, output_tokens=12)
    statistics.collect()
    found = today()
    assert (found["messages"], found["done"], found["failed"], found["stopped"]) == (2, 1, 1, 0)
    assert found["failed.provider_timeout"] == 1
    assert (found["first_token_p50"], found["first_token_p95"]) == (400, 400)
    taken = (datetime.now(UTC) - begun) / timedelta(milliseconds=1)
    assert 2000 <= found["queue_p95"] <= 2001 + taken
    assert (found["prompt_tokens"], found["output_tokens"], found["sign_ups"]) == (30, 12, User.objects.count())


def test_figures_are_computed_anew_for_today_and_once_for_days_that_are_over(person: User, room: Chatroom) -> None:
    assert statistics.collect() == statistics.DAYS
    message = conversation.send(user_id=person.pk, room_id=room.pk, content="Hello")
    long_ago = Now() - timedelta(days=5)
    old = conversation.send(user_id=person.pk, room_id=room.pk, content="Old")
    Message.objects.filter(pk=old.pk).update(created_at=long_ago)
    assert statistics.collect() == 2
    assert today()["messages"] == 1, message


def test_the_page_shows_charts_and_what_is_alarming(desk: Client, person: User, failed: Reply, room: Chatroom) -> None:
    waiting = conversation.send(user_id=person.pk, room_id=room.pk, content="Hello")
    Reply.objects.filter(answers=waiting).update(not_before=Now() - timedelta(minutes=7))
    StripeEvent.objects.create(event_id="evt_1", type="invoice.paid", next_try_at=None, error="x")
    statistics.collect()
    page = desk.get("/admin/").content.decode()
    for words in ("Answers by outcome", "Time to the first token", "provider_timeout", "1 failed", "waits 42"):
        assert words in page
    assert page.count("<canvas") == 8


def test_without_any_figure_the_page_opens_all_the_same(desk: Client) -> None:
    assert desk.get("/admin/").status_code == 200


def test_the_page_reads_no_table_of_messages_whole(
    desk: Client, person: User, failed: Reply, django_assert_max_num_queries: Callable
) -> None:
    statistics.collect()
    with django_assert_max_num_queries(14):
        desk.get("/admin/")
