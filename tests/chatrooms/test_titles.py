"""A room without a name gets a title from the model."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from accounts.models import User
from billing import budget
from billing.models import DailyUsage, ServiceUsage
from chatrooms import rooms
from chatrooms.models import Chatroom
from chatrooms.replies import lifecycle, titles_and_summaries
from chatrooms.tasks import name_room
from gemini import exceptions
from gemini.prompts import TITLE
from gemini.types import FinishReason
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.scripted_model import ScriptedModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def unnamed(alice: User) -> Chatroom:
    return rooms.create(user_id=alice.pk)


def name(room: Chatroom) -> str:
    found: str = Chatroom.objects.values_list("name", flat=True).get(pk=room.pk)
    return found


def test_a_room_without_a_name_is_named_by_its_first_exchange(
    client: APIClient, unnamed: Chatroom, say: Callable, room_model: ScriptedModel
) -> None:
    say(unnamed)
    say(unnamed, "And later?", "More rain.")
    assert client.get("/chatroom").json()[0]["name"] == "New chat"
    name_room(unnamed.pk)
    assert client.get("/chatroom").json()[0]["name"] == "A title"
    [prompt] = room_model.prompts
    assert prompt.system_instruction == TITLE
    assert "What is a monsoon?" in prompt.turns[0].text
    assert "later" not in prompt.turns[0].text


def test_a_title_that_was_cut_off_is_not_kept(unnamed: Chatroom, say: Callable, room_model: ScriptedModel) -> None:
    say(unnamed)
    room_model.says, room_model.finish_reason = "Half a ti", FinishReason.MAX_TOKENS
    name_room(unnamed.pk)
    assert name(unnamed) == "New chat"


def test_a_name_chosen_by_the_user_is_never_replaced(
    client: APIClient, unnamed: Chatroom, say: Callable, room_model: ScriptedModel
) -> None:
    say(unnamed)
    client.patch(f"/chatroom/{unnamed.pk}", {"name": "Mine"})
    name_room(unnamed.pk)
    assert name(unnamed) == "Mine"
    assert room_model.prompts == []


def test_a_name_chosen_during_the_call_is_not_replaced(
    client: APIClient, unnamed: Chatroom, say: Callable, room_model: ScriptedModel
) -> None:
    def think() -> str:
        client.patch(f"/chatroom/{unnamed.pk}", {"name": "New chat"})
        return "A title"

    say(unnamed)
    room_model.says = think
    name_room(unnamed.pk)
    assert name(unnamed) == "New chat"


def test_the_tokens_of_a_title_count(unnamed: Chatroom, say: Callable, room_model: ScriptedModel) -> None:
    say(unnamed)
    name_room(unnamed.pk)
    usage, service = DailyUsage.objects.get(), ServiceUsage.objects.get()
    assert (usage.used, usage.prompt_tokens, usage.output_tokens) == (1, 11, 5)
    assert (service.prompt_tokens, service.output_tokens) == (11, 5)


def test_tokens_count_after_a_moment_without_the_database(
    unnamed: Chatroom, say: Callable, room_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = budget.add, []

    def away_twice(**values: Any) -> None:
        calls.append(values)
        if len(calls) < 3:
            raise OperationalError
        real(**values)

    monkeypatch.setattr(budget, "add", away_twice)
    monkeypatch.setattr("chatrooms.replies.model_call.PAUSE", 0)
    say(unnamed)
    name_room(unnamed.pk)
    assert DailyUsage.objects.get().prompt_tokens == 11
    assert name(unnamed) == "A title"


def test_without_tokens_left_the_model_is_not_called(
    unnamed: Chatroom, say: Callable, room_model: ScriptedModel, settings: Any
) -> None:
    say(unnamed)
    settings.DAILY_TOKEN_CEILING = 1
    ServiceUsage.objects.create(day=DailyUsage.objects.get().day, prompt_tokens=1)
    name_room(unnamed.pk)
    assert room_model.prompts == []
    assert name(unnamed) == "New chat"


def test_a_title_is_attempted_three_times_at_most(unnamed: Chatroom, say: Callable, room_model: ScriptedModel) -> None:
    say(unnamed)
    room_model.says = exceptions.ProviderOverloaded()
    for _ in range(5):
        name_room(unnamed.pk)
    assert len(room_model.prompts) == 3
    assert name(unnamed) == "New chat"


def test_an_empty_title_is_ignored(unnamed: Chatroom, say: Callable, room_model: ScriptedModel) -> None:
    say(unnamed)
    room_model.says = '\n "" \n'
    name_room(unnamed.pk)
    assert name(unnamed) == "New chat"


def test_a_deleted_or_empty_room_gets_no_title(unnamed: Chatroom, room_model: ScriptedModel) -> None:
    name_room(unnamed.pk)
    name_room(2**40)
    assert room_model.prompts == []


def test_each_reply_in_an_unnamed_room_publishes_the_task(
    unnamed: Chatroom, room: Chatroom, send: Callable, room_tasks: list[Any]
) -> None:
    for where in (unnamed, room):
        message = send(where)
        claimed = lifecycle.claim(reply_id=reply_of(message).pk)
        assert claimed
        titles_and_summaries.after_reply(reply=claimed[0], is_full=False)
    assert room_tasks == [(titles_and_summaries.NAME, unnamed.pk)]


def test_a_title_does_not_move_the_room_in_the_list(
    client: APIClient, unnamed: Chatroom, say: Callable, room_model: ScriptedModel
) -> None:
    say(unnamed)
    before = Chatroom.objects.get().updated_at
    name_room(unnamed.pk)
    assert Chatroom.objects.get().updated_at == before
