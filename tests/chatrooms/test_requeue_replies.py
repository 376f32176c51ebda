"""`manage.py requeue_replies`: stuck replies are published, none is generated twice, and the ledger agrees."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F, Sum
from django.db.models.functions import Now

from accounts.models import StaffAction, User
from billing.models import DailyUsage, LedgerEntry
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply, Status
from chatrooms.replies import lifecycle, publishing
from gemini.types import UNKNOWN_USAGE
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    ids: list[int] = []
    monkeypatch.setattr(publishing, "publish", lambda task, reply_id: ids.append(reply_id) or True)
    return ids


def run(*arguments: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command("requeue_replies", "--json", *arguments, stdout=output)
    return dict(json.loads(output.getvalue()))


def fail(message: Message, code: str = "provider_overloaded") -> Reply:
    claimed = lifecycle.claim(reply_id=reply_of(message).pk)
    assert claimed
    lifecycle.fail(reply=claimed[0], error=code, retryable=False, usage=UNKNOWN_USAGE)
    return reply_of(message)


def units(user: User) -> tuple[int, int]:
    """The counter, and the sum of its ledger."""
    used = DailyUsage.objects.filter(user=user).aggregate(sum=Sum("used"))["sum"] or 0
    return used, LedgerEntry.objects.filter(user=user).aggregate(sum=Sum("amount"))["sum"] or 0


def test_waiting_replies_are_published_once_and_at_once(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    first, second = send(room), send(room)
    facts = run()
    assert published == [reply_of(first).pk], "the second one is not due before the first is done"
    assert facts["published"] == 1
    assert reply_of(second).status == Status.QUEUED


def test_replies_of_a_dead_worker_are_published(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    reply = reply_of(send(room))
    lifecycle.claim(reply_id=reply.pk)
    assert run()["taken back from dead workers"] == 0
    Reply.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert run() == {
        "taken back from dead workers": 1,
        "published": 1,
        "retried": 0,
        "left alone, by reason": {},
    }
    assert published == [reply.pk]
    assert lifecycle.claim(reply_id=reply.pk)
    assert lifecycle.claim(reply_id=reply.pk) is None, "a second copy of the task finds nothing to do"


def test_a_retry_by_an_operator_costs_no_unit(
    alice: User, room: Chatroom, send: Callable[..., Message], published: list[int], set_tier: Callable[..., None]
) -> None:
    set_tier(daily_messages=1)
    message = send(room)
    fail(message)
    assert units(alice) == (0, 0)
    assert run("--failed", "provider_overloaded", "--since", "1h")["retried"] == 1
    assert reply_of(message).status == Status.QUEUED
    assert units(alice) == (0, 0)
    assert send(rooms.create(user_id=alice.pk, name="Another")), "the user's own unit of today is still there"
    assert units(alice) == (1, 1)
    fail(message)
    assert units(alice) == (1, 1), "a free retry is not refunded"
    assert StaffAction.objects.values_list("action", "user_id", "target", "outcome").get() == (
        "retry",
        alice.pk,
        f"reply {reply_of(message).pk}",
        "done",
    )


def test_only_failures_with_that_code_since_then_are_retried(
    alice: User, room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    failures = [fail(send(room), code) for code in ("provider_overloaded", "blocked", "provider_overloaded")]
    Message.objects.filter(pk=failures[0].pk).update(finished_at=F("finished_at") - timedelta(hours=3))
    seen = run("--failed", "provider_overloaded", "--since", "2h", "--dry-run")
    assert seen["to be retried"] == 1
    assert seen["failed since then, by code"] == {"blocked": 1, "provider_overloaded": 1}
    assert run("--failed", "provider_overloaded", "--since", "2h")["retried"] == 1
    statuses = [Reply.objects.get(pk=reply.pk).status for reply in failures]
    assert statuses == [Status.FAILED, Status.FAILED, Status.QUEUED]


def test_one_reply_of_a_room_is_retried_and_the_rest_reported(
    room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    for _ in range(2):
        fail(send(room))
    facts = run("--failed", "provider_overloaded", "--since", "1h")
    assert (facts["retried"], facts["left alone, by reason"]) == (1, {"reply_in_progress": 1})


def test_replies_of_an_erasing_account_are_not_retried(
    alice: User, room: Chatroom, send: Callable[..., Message], published: list[int]
) -> None:
    fail(send(room))
    User.objects.filter(pk=alice.pk).update(is_active=False, erasing_at=Now(), erase_next_attempt_at=Now())
    assert run("--failed", "provider_overloaded", "--since", "1h")["left alone, by reason"] == {"session_ended": 1}


def test_a_dry_run_changes_nothing(room: Chatroom, send: Callable[..., Message], published: list[int]) -> None:
    send(room)
    fail(send(rooms.create(user_id=room.user_id, name="Another")))
    before = list(Message.objects.order_by("pk").values())
    assert run("--dry-run", "--failed", "provider_overloaded", "--since", "1h")["to start"] == 1
    assert list(Message.objects.order_by("pk").values()) == before
    assert published == []
    assert not StaffAction.objects.exists()


def test_without_redis_it_fails_and_says_why(
    room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(room)
    monkeypatch.setattr(publishing, "publish", lambda *_: False)
    with pytest.raises(CommandError, match="broker_away"):
        run()


def test_when_todays_tokens_are_used_up_it_stops_and_says_why(
    room: Chatroom, send: Callable[..., Message], published: list[int], settings: Any
) -> None:
    fail(send(room))
    settings.DAILY_TOKEN_CEILING = 0
    with pytest.raises(CommandError, match="service_budget_reached"):
        run("--failed", "provider_overloaded", "--since", "1h")


@pytest.mark.parametrize("arguments", [["--failed", "blocked"], ["--since", "1h"], ["--failed", "x", "--since", "1y"]])
def test_invalid_options_are_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
