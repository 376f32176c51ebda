"""The units of an API key: its own, within the user's, refunded together with them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from accounts.api_keys import keys
from accounts.exceptions import ApiKeyEnded, KeyUnitsUsedUp
from accounts.models import ApiKey, Scope, User
from billing import quota
from billing.models import DailyUsage, LedgerEntry, Tier
from chatrooms import conversation, rooms
from chatrooms.models import Message, Reply
from chatrooms.replies import lifecycle
from gemini.types import Usage
from tests.clients import bearing, make_api_key
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.django_db

NOTHING = Usage(prompt_tokens=None, output_tokens=None)


def key_of(user: User, daily_units: int | None) -> ApiKey:
    return ApiKey.objects.get(pk=make_api_key(user, *Scope, daily_units=daily_units).id)


def take(key: ApiKey, tier: Tier) -> int:
    with transaction.atomic():
        unit = quota.consume(user_id=key.user_id, tier=tier, kind=LedgerEntry.Kind.SEND, api_key=key)
    return unit.pk


def used(key: ApiKey) -> tuple[int, int]:
    """What the key and its user have used."""
    key.refresh_from_db()
    usage = DailyUsage.objects.filter(user=key.user_id).order_by("-day").first()
    return key.units_used, usage.used if usage else 0


def test_a_key_has_no_more_than_its_own(alice: User, basic: Tier) -> None:
    key = key_of(alice, 2)
    take(key, basic)
    take(key, basic)
    with pytest.raises(KeyUnitsUsedUp) as refused:
        take(key, basic)
    assert (refused.value.data["limit"], refused.value.data["used"]) == (2, 2)
    assert 0 < (refused.value.retry_after or 0) <= 86_400
    assert used(key) == (2, 2), "the refused one was not charged to the user"
    assert LedgerEntry.objects.filter(api_key=key).count() == 2


def test_the_users_units_are_the_keys_limit_too(alice: User, basic: Tier) -> None:
    key = key_of(alice, 100)
    for _ in range(3):
        take(key, basic)
    with pytest.raises(quota.QuotaExceeded):
        take(key, basic)
    assert used(key) == (3, 3)


def test_none_is_no_limit_and_zero_is_nothing(alice: User, basic: Tier) -> None:
    take(key_of(alice, None), basic)
    with pytest.raises(KeyUnitsUsedUp):
        take(key_of(alice, 0), basic)


def test_two_keys_do_not_count_each_other(alice: User, basic: Tier) -> None:
    one, other = key_of(alice, 1), key_of(alice, 1)
    take(one, basic)
    take(other, basic)
    assert (used(one), used(other)) == ((1, 2), (1, 2))


def test_a_keys_day_ends_at_midnight_utc(alice: User, basic: Tier, set_clock: Callable[[datetime], None]) -> None:
    day = datetime(2028, 2, 29, tzinfo=UTC)
    set_clock(day + timedelta(hours=23, minutes=59, seconds=59))
    key = key_of(alice, 1)
    first = take(key, basic)
    with pytest.raises(KeyUnitsUsedUp):
        take(key, basic)
    set_clock(day + timedelta(days=1))
    take(key, basic)
    with pytest.raises(KeyUnitsUsedUp):
        take(key, basic)
    assert quota.refund(unit_id=first)
    assert used(key) == (1, 1), "what goes back to yesterday is none of today's"


@pytest.mark.parametrize(
    "refund",
    [
        lambda key, unit: quota.refund(unit_id=unit),
        lambda key, unit: quota.refund_stopped(unit_id=unit),
        lambda key, unit: quota.refund_newest(user_id=key.user_id, at_most=1),
    ],
    ids=["failed", "stopped", "by staff"],
)
def test_a_refund_is_the_keys_too_and_only_once(
    alice: User, basic: Tier, refund: Callable[[ApiKey, int], object]
) -> None:
    key, other = key_of(alice, 2), key_of(alice, 2)
    take(other, basic)
    unit = take(key, basic)
    assert refund(key, unit)
    quota.refund(unit_id=unit)
    assert (used(key), used(other)) == ((0, 1), (1, 1))


def test_a_failed_reply_gives_the_key_its_unit_back(alice: User, basic: Tier) -> None:
    key, room = key_of(alice, 1), rooms.create(user_id=alice.pk, name="Room")
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello", api_key=key)
    claimed = lifecycle.claim(reply_id=Reply.objects.get(answers_id=sent.pk).pk)
    assert claimed
    assert lifecycle.fail(reply=claimed[0], error="blocked", retryable=False, usage=NOTHING)
    assert used(key) == (0, 0)


def test_what_the_client_is_told(alice: User, basic: Tier) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    client = bearing(str(make_api_key(alice, Scope.MESSAGES_WRITE, daily_units=1)))
    path = f"/chatroom/{room.pk}/message"
    first, second = (client.post(path, {"content": "Hello"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 429)
    assert first["X-RateLimit-Remaining"] == "2"
    assert (second.json()["code"], second.json()["limit"]) == ("api_key_units_used_up", 1)
    assert 0 < int(second["Retry-After"]) <= 86_400
    assert Message.objects.in_room(room.pk).filter(role="user").count() == 1


@pytest.mark.parametrize("again", ["regenerate", "edit", "retry"])
def test_every_way_to_a_reply_is_charged_to_the_key(alice: User, basic: Tier, again: str) -> None:
    room = rooms.create(user_id=alice.pk, name="Room")
    sent = conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello")
    Reply.objects.filter(answers_id=sent.pk).update(
        status="failed" if again == "retry" else "done", error="blocked" if again == "retry" else ""
    )
    key = make_api_key(alice, Scope.MESSAGES_WRITE, daily_units=0)
    path = f"/message/{sent.pk}" if again == "edit" else f"/message/{sent.pk}/{again}"
    ask: Callable[[APIClient], object] = lambda client: getattr(client, "patch" if again == "edit" else "post")(  # noqa: E731
        path, {"content": "Changed"} if again == "edit" else {}
    )
    refused = ask(bearing(str(key)))
    assert refused.json()["code"] == "api_key_units_used_up"  # type: ignore[attr-defined]
    ApiKey.objects.update(daily_units=1)
    assert ask(bearing(str(key))).status_code == 202  # type: ignore[attr-defined]
    assert used(ApiKey.objects.get()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_a_send_under_way_is_refused_after_the_revocation(alice: User, basic: Tier) -> None:
    """The send waits for the user's lock while its key, which was accepted, is revoked."""
    room = rooms.create(user_id=alice.pk, name="Room")
    key = key_of(alice, None)
    raised: list[Exception] = []

    def send() -> None:
        try:
            conversation.send(user_id=alice.pk, room_id=room.pk, content="Hello", api_key=key)
        except ApiKeyEnded as error:
            raised.append(error)
        finally:
            connection.close()

    sender = Thread(target=send)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=alice.pk)
        sender.start()
        wait_for_a_waiter()
        keys.revoke(user_id=alice.pk, key_id=key.pk)
    sender.join()
    assert len(raised) == 1
    assert not Message.objects.exists()
    assert used(key) == (0, 0)
