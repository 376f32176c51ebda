"""Stopping a reply before its first text refunds the unit, up to a limit a day: the calls cost money."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.models import DailyUsage, LedgerEntry
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle
from chatrooms.tasks import generate_reply
from gemini.exceptions import Cancelled
from gemini.types import Usage
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.streams import Stream

pytestmark = pytest.mark.django_db
COST = Usage(prompt_tokens=1000, output_tokens=0, estimated=True)


def used(user_id: int) -> int:
    day = DailyUsage.objects.get(user_id=user_id)
    assert sum(LedgerEntry.objects.filter(user_id=user_id).values_list("amount", flat=True)) == day.used
    return day.used


@pytest.fixture
def stopped_early(room: Chatroom, send: Callable[..., Message], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Send a message, and stop its reply during the call, before the first chunk."""

    def run() -> None:
        message = send(room)

        class Asked(Stream):
            spent = COST

            def __iter__(self) -> Iterator[str]:
                conversation.stop(user_id=room.user_id, message_id=message.pk)
                raise Cancelled
                yield ""

        monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
        monkeypatch.setattr("chatrooms.replies.generation.stream_reply", lambda _: Asked())
        generate_reply(reply_of(message).pk)
        assert (reply_of(message).status, reply_of(message).content) == ("stopped", "")
        assert not Reply.objects.unsettled().exists()

    return run


def test_a_limited_number_of_stops_a_day_is_refunded(
    room: Chatroom, stopped_early: Callable[[], None], settings: Any
) -> None:
    settings.STOPPED_UNITS_PER_DAY = 2
    charged = []
    for _ in range(4):
        stopped_early()
        charged.append(used(room.user_id))
    assert charged == [0, 0, 1, 2]
    assert DailyUsage.objects.get().prompt_tokens == 4 * COST.prompt_tokens
    DailyUsage.objects.update(day="2026-01-01")
    LedgerEntry.objects.update(day="2026-01-01")
    stopped_early()
    assert DailyUsage.objects.latest("day").used == 0, "another day has its own"


def test_a_limit_of_zero_refunds_no_stop(room: Chatroom, stopped_early: Callable[[], None], settings: Any) -> None:
    settings.STOPPED_UNITS_PER_DAY = 0
    stopped_early()
    assert used(room.user_id) == 1


def test_deleting_a_room_does_not_reset_the_count(
    client: APIClient, room: Chatroom, stopped_early: Callable[[], None], settings: Any
) -> None:
    settings.STOPPED_UNITS_PER_DAY = 1
    stopped_early()
    assert DailyUsage.objects.get().stops == 1
    Chatroom.objects.filter(pk=room.pk).delete()
    assert DailyUsage.objects.get().stops == 1


def test_stops_of_queued_replies_are_always_refunded(
    client: APIClient, room: Chatroom, send: Callable[..., Message], settings: Any
) -> None:
    settings.STOPPED_UNITS_PER_DAY = 1
    for _ in range(5):
        assert client.post(f"/message/{send(room).pk}/stop").status_code == 200
    assert used(room.user_id) == 0
    assert DailyUsage.objects.get().stops == 0


def test_failures_are_always_refunded(room: Chatroom, send: Callable[..., Message], settings: Any) -> None:
    settings.STOPPED_UNITS_PER_DAY = 1
    for _ in range(3):
        found = lifecycle.claim(reply_id=reply_of(send(room)).pk)
        assert found is not None
        assert lifecycle.fail(reply=found[0], error="blocked", retryable=False, usage=COST)
    assert used(room.user_id) == 0
