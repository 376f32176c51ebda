"""Units by the database's clock: a day, its limits, and refunds after midnight."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import User
from billing import quota
from billing.models import DailyUsage, Entitlement, LedgerEntry, Tier
from chatrooms import conversation, rooms
from chatrooms.models import Message, Reply
from chatrooms.replies import lifecycle, reaper
from gemini.types import FinishReason, Usage
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.django_db

NOTHING = Usage(prompt_tokens=None, output_tokens=None)


def take(user: User, tier: Tier) -> int:
    return quota.consume(user_id=user.pk, tier=tier, kind=LedgerEntry.Kind.SEND).pk


def counter(user: User) -> dict[str, int]:
    """The units used by day, which have to equal the ledger's."""
    used = {str(row.day): row.used for row in DailyUsage.objects.filter(user=user)}
    ledger = LedgerEntry.objects.filter(user=user).values_list("day").annotate(Sum("amount"))
    assert {str(day): amount for day, amount in ledger} == used
    return used


def test_the_clock_of_these_tests_moves_djangos_now(set_clock: Callable[[datetime], None]) -> None:
    moment = datetime(2028, 2, 29, 12, tzinfo=UTC)
    set_clock(moment)
    assert Tier.objects.annotate(moment=Now()).values_list("moment", flat=True).first() == moment


@pytest.mark.parametrize("day", [datetime(2026, 11, 22, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)])
def test_a_new_day_begins_at_midnight_utc(
    set_clock: Callable[[datetime], None], alice: User, basic: Tier, day: datetime
) -> None:
    set_clock(day + timedelta(hours=23, minutes=59, seconds=59.9))
    for _ in range(3):
        take(alice, basic)
    with pytest.raises(quota.QuotaExceeded) as refused:
        take(alice, basic)
    assert refused.value.retry_after == pytest.approx(0.1, abs=0.01)
    set_clock(day + timedelta(days=1, seconds=0.1))
    take(alice, basic)
    assert counter(alice) == {f"{day:%Y-%m-%d}": 3, f"{day + timedelta(days=1):%Y-%m-%d}": 1}


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin"])
def test_the_zone_of_a_connection_moves_no_day(
    set_clock: Callable[[datetime], None], alice: User, basic: Tier, zone: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
        for hour in (0, 6, 12, 18, 23):
            set_clock(datetime(2026, 10, 25, hour, 30, tzinfo=UTC))  # the night in which Europe's clocks change
            assert quota.allowance_of(user_id=alice.pk).resets_in == (23 - hour) * 3600 + 1800
        take(alice, basic)
        cursor.execute("SET TIME ZONE 'UTC'")
    assert counter(alice) == {"2026-10-25": 1}


def test_a_failure_after_midnight_goes_back_to_yesterday(
    set_clock: Callable[[datetime], None], alice: User, basic: Tier
) -> None:
    set_clock(datetime(2026, 11, 22, 23, 59, tzinfo=UTC))
    room = rooms.create(user_id=alice.pk, name="Room")
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    claimed = lifecycle.claim(reply_id=Reply.objects.get(answers_id=sent.pk).pk)
    assert claimed
    set_clock(datetime(2026, 11, 23, 0, 1, tzinfo=UTC))
    take(alice, basic)
    assert lifecycle.fail(reply=claimed[0], error="blocked", retryable=False, usage=NOTHING)
    assert counter(alice) == {"2026-11-22": 0, "2026-11-23": 1}


def assert_between(least: timedelta, seconds: str, most: timedelta) -> None:
    """Retry-After has whole seconds, by the database's clock."""
    assert least.total_seconds() - 2 < int(seconds) < most.total_seconds() + 2


def test_an_exceeded_quota_stores_nothing_and_offers_pro(client: APIClient, alice: User, basic: Tier) -> None:
    room = client.post("/chatroom", {"name": "Room"}).json()["id"]
    for left in (2, 1, 0):
        response = client.post(f"/chatroom/{room}/message", {"content": "Hello"})
        assert response.status_code == 202
        assert (response["X-RateLimit-Limit"], response["X-RateLimit-Remaining"]) == ("3", str(left))
    begun = datetime.now(UTC)
    refused = client.post(f"/chatroom/{room}/message", {"content": "One more"})
    ended = datetime.now(UTC)
    body = refused.json()
    assert (refused.status_code, body["code"], body["limit"], body["used"]) == (429, "quota_exceeded", 3, 3)
    assert body["upgrade"] == {"tier": "pro", "daily_messages": None, "subscribe": "/subscribe/pro"}
    resets_at = datetime.fromisoformat(body["resets_at"])
    assert resets_at == datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert int(refused["X-RateLimit-Reset"]) == resets_at.timestamp()
    assert_between(resets_at - ended, refused["Retry-After"], resets_at - begun)
    assert (Message.objects.filter(role="user").count(), LedgerEntry.objects.count()) == (3, 3)
    usage = client.get("/usage").json()
    assert (usage["tier"], usage["limit"], usage["used"], usage["remaining"]) == ("basic", 3, 3, 0)


def test_a_message_refused_for_another_reason_costs_nothing(client: APIClient, alice: User, basic: Tier) -> None:
    room = client.post("/chatroom", {"name": "Room"}).json()["id"]
    path, key = f"/chatroom/{room}/message", {"Idempotency-Key": "one"}
    assert client.post(path, {"content": ""}).status_code == 400
    assert client.post(f"/chatroom/{room + 10**9}/message", {"content": "Hello"}).status_code == 404
    for _ in range(3):
        assert client.post(path, {"content": "Hello"}, headers=key).status_code == 202
    assert client.post(path, {"content": "Other"}, headers=key).status_code == 422
    Tier.objects.update(waiting_replies=1)
    assert client.post(path, {"content": "Hello"}).json()["code"] == "too_many_waiting"
    assert list(counter(alice).values()) == [1]


@pytest.mark.parametrize("limit", [0, 1])
def test_a_tier_lowered_below_what_was_used_refuses(alice: User, bob: User, basic: Tier, limit: int) -> None:
    take(alice, basic)
    Tier.objects.filter(pk=basic.pk).update(daily_messages=limit)
    basic.refresh_from_db()
    with pytest.raises(quota.QuotaExceeded):
        take(alice, basic)
    basic.daily_messages = 0
    with pytest.raises(quota.QuotaExceeded):
        take(bob, basic)
    assert quota.allowance_of(user_id=alice.pk).remaining == 0
    assert counter(bob) == {}


def test_pro_has_no_limit_and_no_limit_headers(client: APIClient, alice: User, basic: Tier) -> None:
    Entitlement.objects.create(user=alice, stripe_until=datetime.now(UTC) + timedelta(days=1))
    room = client.post("/chatroom", {"name": "Room"}).json()["id"]
    for _ in range(5):
        response = client.post(f"/chatroom/{room}/message", {"content": "Hello"})
        assert response.status_code == 202
        assert "X-RateLimit-Limit" not in response
    usage = client.get("/usage").json()
    assert (usage["limit"], usage["used"], usage["remaining"]) == (None, 5, None)


def test_a_unit_is_refunded_only_once(alice: User, basic: Tier) -> None:
    units = [take(alice, basic) for _ in range(3)]
    assert quota.refund(unit_id=units[0])
    assert not quota.refund(unit_id=units[0])
    assert not quota.refund(unit_id=None)
    returned = LedgerEntry.objects.get(kind="return")
    assert not quota.refund(unit_id=returned.pk), "what was returned is no unit"
    assert list(counter(alice).values()) == [2]


def test_only_a_failed_reply_refunds_its_unit(alice: User, basic: Tier) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    reply_id = Reply.objects.get(answers_id=sent.pk).pk
    for used in (1, 1, 0):  # two attempts are postponed, the third is the last
        Reply.objects.update(next_attempt_at=Now())
        claimed = lifecycle.claim(reply_id=reply_id)
        assert claimed
        for _ in range(3):
            lifecycle.fail(reply=claimed[0], error="provider_overloaded", retryable=True, retry_after=0, usage=NOTHING)
        assert list(counter(alice).values()) == [used]


def test_a_finished_reply_keeps_its_unit(alice: User, basic: Tier) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    claimed = lifecycle.claim(reply_id=Reply.objects.get(answers_id=sent.pk).pk)
    assert claimed
    lifecycle.finish(reply=claimed[0], text="Hi", model="m", finish_reason=FinishReason.STOP, usage=NOTHING)
    assert list(counter(alice).values()) == [1]


@pytest.mark.django_db(transaction=True)
def test_a_failure_reported_three_times_at_once_refunds_once(alice: User, basic: Tier) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    messages = [conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello") for _ in range(2)]
    claimed = lifecycle.claim(reply_id=Reply.objects.get(answers_id=messages[0].pk).pk)
    assert claimed
    ended: list[bool] = []

    def fail() -> None:
        try:
            ended.append(lifecycle.fail(reply=claimed[0], error="blocked", retryable=False, usage=NOTHING))
        finally:
            connection.close()

    tellers = [Thread(target=fail) for _ in range(3)]
    with transaction.atomic():
        User.objects.select_for_update().get(pk=alice.pk)
        for teller in tellers:
            teller.start()
        wait_for_a_waiter(len(tellers))
    for teller in tellers:
        teller.join(60)
    assert sorted(ended) == [False, False, True]
    assert list(counter(alice).values()) == [1]
    assert LedgerEntry.objects.filter(kind="return").count() == 1


def test_a_lost_worker_refunds_the_unit_once(alice: User, basic: Tier) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    lifecycle.claim(reply_id=Reply.objects.get(answers_id=sent.pk).pk)
    Reply.objects.update(lease_until=Now() - timedelta(seconds=1), retries_left=1)
    for _ in range(3):
        reaper.reap()
    assert Reply.objects.get().error == "worker_lost"
    assert list(counter(alice).values()) == [0]


def test_the_burst_limit_is_the_tiers_and_each_users_own(client: APIClient, alice: User) -> None:
    Tier.objects.update(sends_per_minute=2)
    room = client.post("/chatroom", {"name": "Room"}).json()["id"]
    responses = [client.post(f"/chatroom/{room}/message", {"content": "Hello"}) for _ in range(3)]
    assert [response.status_code for response in responses] == [202, 202, 429]
    assert responses[2].json()["code"] == "too_many_requests"
    assert int(responses[2]["Retry-After"]) >= 1
    assert LedgerEntry.objects.count() == 2
