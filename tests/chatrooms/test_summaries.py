"""The oldest exchanges of a long room are summarised by the model."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from billing import leases
from billing.models import Tier
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply, Summary
from chatrooms.replies import concurrency, lifecycle, titles_and_summaries
from chatrooms.replies.context import context_for
from chatrooms.tasks import generate_reply, summarise_room
from gemini import exceptions
from gemini.prompts import NOTES, SUMMARY
from gemini.types import FinishReason
from tests.chatrooms.conftest import reply_of
from tests.chatrooms.scripted_model import ScriptedModel

pytestmark = pytest.mark.django_db
DONE, QUEUED = {"status": "done", "content": "x", "error": ""}, {"status": "queued", "error": ""}


@pytest.fixture(autouse=True)
def _small_budget() -> None:
    cache.clear()
    Tier.objects.update(context_tokens=400, waiting_replies=1000)


def fill(room: Chatroom, say: Callable, count: int, start: int = 0) -> list[Message]:
    return [
        say(room, f"question {number} ".ljust(80, "."), f"answer {number} ".ljust(80, "."))
        for number in range(start, start + count)
    ]


def test_the_oldest_exchanges_are_summarised(
    room: Chatroom, say: Callable, send: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    messages = fill(room, say, 8)
    room_model.says = "notes so far"
    summarise_room(room.pk)
    [prompt] = room_model.prompts
    assert prompt.system_instruction == SUMMARY
    summary = Summary.objects.get()
    covered = [message.pk for message in messages if message.pk <= summary.upto]
    assert (summary.content, 1 <= len(covered) < 8) == ("notes so far", True)
    assert f"question {len(covered) - 1} " in prompt.turns[0].text
    assert f"question {len(covered)} " not in prompt.turns[0].text

    context = context_for(reply=reply_of(send(room, "now")), tier=Tier.objects.get(slug="basic"))
    assert f"{NOTES}\nnotes so far" in context.prompt.system_instruction
    in_prompt = [turn.text[:10] for turn in context.prompt.turns if turn.role == "user"]
    assert in_prompt == [f"question {number}"[:10] for number in range(len(covered), 8)] + ["now"]


def test_the_next_summary_extends_the_last_one(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    fill(room, say, 8)
    room_model.says = "first notes"
    summarise_room(room.pk)
    fill(room, say, 8, start=8)
    room_model.says = "second notes"
    summarise_room(room.pk)
    assert "first notes" in room_model.prompts[1].turns[0].text
    assert "question 0 " not in room_model.prompts[1].turns[0].text
    assert Summary.objects.get().content == "second notes"


def test_a_long_backlog_is_summarised_in_steps(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    fill(room, say, 30)
    room_model.says = "notes"
    steps = 0
    while not steps or room_tasks:
        room_tasks.clear()
        summarise_room(room.pk)
        steps += 1
    assert 3 <= steps <= 15
    prompts = "".join(prompt.turns[0].text for prompt in room_model.prompts)
    upto = Message.objects.filter(role="user", pk__lte=Summary.objects.get().upto).count()
    assert upto >= 25
    assert all(prompts.count(f"question {number} ") == 1 for number in range(upto))


def test_a_long_history_makes_the_context_full(
    room: Chatroom, say: Callable, send: Callable, room_tasks: list[Any]
) -> None:
    tier = Tier.objects.get(slug="basic")
    fill(room, say, 2)
    assert not context_for(reply=reply_of(send(room, "now")), tier=tier).is_full
    Reply.objects.filter(status="queued").update(status="done", content="x")
    fill(room, say, 6)
    message = send(room, "now")
    assert context_for(reply=reply_of(message), tier=tier).is_full


def test_a_failed_call_keeps_the_last_summary(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    Summary.objects.create(room=room, content="earlier", upto=1)
    fill(room, say, 8)
    room_model.says = exceptions.ProviderOverloaded()
    summarise_room(room.pk)
    assert (Summary.objects.get().content, Summary.objects.get().upto, room_tasks) == ("earlier", 1, [])


def test_a_summary_that_was_cut_off_is_not_kept(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    """Kept, it would hide from the model all that it left out."""
    fill(room, say, 8)
    room_model.says, room_model.finish_reason = "Half of the no", FinishReason.MAX_TOKENS
    summarise_room(room.pk)
    assert (Summary.objects.exists(), room_tasks) == (False, [])


def test_of_two_tasks_at_once_one_writes(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    def write_another() -> str:
        Summary.objects.create(room=room, content="by another", upto=1)
        return "late"

    fill(room, say, 8)
    room_model.says = write_another
    summarise_room(room.pk)
    assert Summary.objects.get().content == "by another"


def test_the_second_of_two_tasks_does_not_call_the_model(
    room: Chatroom, say: Callable, room_model: ScriptedModel
) -> None:
    fill(room, say, 8)
    held = concurrency.take_slot_for_room(user_id=room.user_id)
    assert held
    summarise_room(room.pk)
    assert room_model.prompts == []
    leases.release(held)
    summarise_room(room.pk)
    assert len(room_model.prompts) == 1


def test_a_summary_takes_one_of_the_users_slots(
    room: Chatroom, say: Callable, send: Callable, room_model: ScriptedModel
) -> None:
    fill(room, say, 8)
    Tier.objects.update(parallel_replies=1)
    reply = reply_of(send(rooms.create(user_id=room.user_id, name="Other"), "now"))
    seen: list[Any] = []
    room_model.says = lambda: seen.append(lifecycle.claim(reply_id=reply.pk)) or "notes"
    summarise_room(room.pk)
    assert seen == [None], "no reply is generated beside it"
    assert lifecycle.claim(reply_id=reply.pk), "afterwards it can start"
    summarise_room(room.pk)
    assert len(room_model.prompts) == 1, "no summary beside a reply"


def test_the_next_summary_covers_an_exchange_that_changed(
    room: Chatroom, say: Callable, send: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    first, *_ = fill(room, say, 8)
    room_model.says = "notes"
    summarise_room(room.pk)
    Summary.objects.update(stale=[first.pk])
    Reply.objects.filter(answers=first).update(content="another answer")
    context = context_for(reply=reply_of(send(room, "now")), tier=Tier.objects.get(slug="basic"))
    assert context.prompt.turns[0].text.startswith("question 0 ")
    assert context.prompt.turns[1].text == "another answer"
    Reply.objects.filter(status="queued").update(status="done", content="x")
    summarise_room(room.pk)
    assert "another answer" in room_model.prompts[1].turns[0].text
    assert Summary.objects.get().stale == []


def test_a_change_during_the_call_discards_the_summary(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    first, *_ = fill(room, say, 8)

    def slowly() -> str:
        Reply.objects.filter(answers=first).update(content="another answer")
        return "notes on the old one"

    room_model.says = slowly
    summarise_room(room.pk)
    assert not Summary.objects.exists()


def test_a_short_or_deleted_room_gets_no_summary(room: Chatroom, say: Callable, room_model: ScriptedModel) -> None:
    fill(room, say, 1)
    summarise_room(room.pk)
    summarise_room(2**40)
    assert room_model.prompts == []


def test_a_summary_is_never_shown_as_a_message(
    client: APIClient, room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    fill(room, say, 8)
    room_model.says = "secret notes"
    summarise_room(room.pk)
    for path in (f"/chatroom/{room.pk}", f"/chatroom/{room.pk}/messages", "/chatroom"):
        assert "secret notes" not in client.get(path).content.decode()
    assert client.get("/search", {"q": "secret"}).json() == []


def test_a_new_reply_to_a_covered_message_ignores_the_summary(
    client: APIClient, room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any]
) -> None:
    messages = fill(room, say, 8)
    summarise_room(room.pk)
    claimed = lifecycle.claim(reply_id=reply_of(messages[0]).pk)
    assert claimed is None
    reply = reply_of(messages[1])
    context = context_for(reply=reply, tier=Tier.objects.get(slug="basic"))
    assert NOTES not in context.prompt.system_instruction


@pytest.mark.parametrize("questions", [20, pytest.param(100, marks=pytest.mark.faults)])
def test_the_first_message_is_known_many_turns_later(
    room: Chatroom, send: Callable, settings: Any, monkeypatch: pytest.MonkeyPatch, questions: int
) -> None:
    """With the real tasks, and the stand-in as the model."""
    settings.GEMINI_CLIENT, settings.GEMINI_STAND_IN_DELAY = "stand-in", 0
    for module in ("titles_and_summaries", "generation"):
        monkeypatch.setattr(f"chatrooms.replies.{module}.connections.close_all", lambda: None)
    waiting: list[int] = []
    monkeypatch.setattr(titles_and_summaries, "publish", lambda _, room_id: waiting.append(room_id))
    for number in range(questions):
        message = send(room, "Hello, my name is Asha." if number == 0 else f"Tell me about the number {number}.")
        generate_reply(reply_of(message).pk)
        while waiting:
            summarise_room(waiting.pop())
    message = send(room, "What is my name?")
    generate_reply(reply_of(message).pk)
    assert reply_of(message).content.startswith("Your name is Asha")
    first = Message.objects.filter(role="user").order_by("pk").first()
    assert first
    assert Summary.objects.get().upto > first.pk


@pytest.mark.parametrize("after", [DONE, QUEUED], ids=["restored", "requested again"])
def test_a_reply_during_the_call_discards_the_summary(
    room: Chatroom, say: Callable, room_model: ScriptedModel, room_tasks: list[Any], after: dict[str, str]
) -> None:
    """The new reply is not in the prompt of this summary, and would not be in any later one."""
    first, *_ = fill(room, say, 8)
    Reply.objects.filter(answers=first).update(status="failed", content="", error="blocked")

    def change_reply() -> str:
        Reply.objects.filter(answers=first).update(**after)
        return "notes"

    room_model.says = change_reply
    summarise_room(room.pk)
    assert len(room_model.prompts) == 1
    assert not Summary.objects.exists()
