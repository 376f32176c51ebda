"""Many messages at Basic to a model that thinks much: every reply has its text, and the day's ceiling holds."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from billing.exceptions import ServiceBudgetReached
from billing.models import ServiceUsage
from chatrooms import conversation, rooms
from chatrooms.models import Chatroom, Reply
from chatrooms.tasks import generate_reply, name_room, summarise_room
from tests.doubles.gemini.client import GeminiDouble

pytestmark = pytest.mark.django_db

MOST = 9_000
"""Tokens that one call may cost here: 6,000 of thinking, the text, and the context of a short conversation."""

ROOMS = 4


@pytest.fixture(scope="module")
def running() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture
def double(running: GeminiDouble, settings: Any, monkeypatch: pytest.MonkeyPatch) -> GeminiDouble:
    for module in ("generation", "media", "titles_and_summaries"):
        monkeypatch.setattr(f"chatrooms.replies.{module}.connections.close_all", lambda: None)
    settings.GEMINI_CLIENT, settings.GEMINI_API_KEY = "google-genai", "a-key"
    settings.GEMINI_BASE_URL, settings.GEMINI_MODEL = running.base_url, "gemini-3.8-flash"
    running.reset()
    return running


@pytest.mark.parametrize("messages", [60, pytest.param(1_000, marks=pytest.mark.faults)])
def test_thinking_takes_no_text_and_passes_no_ceiling(
    alice: User, double: GeminiDouble, settings: Any, messages: int
) -> None:
    seed = random.Random(messages)
    settings.DAILY_TOKEN_CEILING, settings.TOKEN_SHARES = 3_500 * messages, {"basic": 100, "pro": 100}
    made = [rooms.create(user_id=alice.pk) for _ in range(ROOMS)]
    accepted = 0
    for number in range(messages):
        double.default(thoughts=seed.randint(200, 6_000), text=" ".join(["word"] * seed.randint(1, 400)))
        room = made[number % ROOMS]
        try:
            conversation.send(user_id=alice.pk, room_id=room.pk, content="tell me " * seed.randint(1, 200))
        except ServiceBudgetReached:
            break
        accepted += 1
        generate_reply(Reply.objects.latest("pk").pk)
        name_room(room.pk)
        summarise_room(room.pk)
    used = ServiceUsage.objects.get()
    assert accepted < messages, "the ceiling was reached"
    assert used.prompt_tokens + used.output_tokens < settings.DAILY_TOKEN_CEILING + MOST
    ends = list(Reply.objects.values_list("status", "error", "finish_reason"))
    assert {end for end in ends if end[1] != "service_budget_reached"} == {("done", "", "stop")}
    assert len(ends) - ends.count(("done", "", "stop")) <= 1
    assert not Reply.objects.filter(status="done", content="").exists()
    assert {room.name.split()[0] for room in Chatroom.objects.all()} <= {"word", "New"}
