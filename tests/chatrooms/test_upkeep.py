"""What the model does besides answering: titles for rooms, summaries of long ones."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError
from rest_framework.test import APIClient

from accounts.models import User
from billing import budget, leases
from billing.models import DailyUsage, ServiceUsage, Tier
from chatrooms import rooms
from chatrooms.models import Chatroom, Message, Reply, Summary
from chatrooms.replies import concurrency, lifecycle, titles_and_summaries
from chatrooms.replies.context import context_for
from chatrooms.tasks import generate_reply, name_room, summarise_room
from gemini import exceptions
from gemini.prompts import NOTES, SUMMARY, TITLE
from gemini.types import Prompt, Usage
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db
DONE, QUEUED = {"status": "done", "content": "x", "error": ""}, {"status": "queued", "error": ""}


class Model:
    """Says what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self.says: str | Exception | Callable[[], str] = "A title"

    def __call__(self, prompt: Prompt) -> Any:
        self.prompts.append(prompt)
        return _Stream(self.says)


class _Stream:
    spent = Usage(prompt_tokens=11, output_tokens=5)

    def __init__(self, says: Any) -> None:
        self.says = says

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Any:
        if isinstance(self.says, Exception):
            raise self.says
        yield self.says() if callable(self.says) else self.says


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    made = Model()
    monkeypatch.setattr(titles_and_summaries, "stream_reply", made)
    monkeypatch.setattr("chatrooms.replies.titles_and_summaries.connections.close_all", lambda: None)
    return made


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    tasks: list[tuple[Any, ...]] = []
    monkeypatch.setattr(titles_and_summaries, "publish", lambda *task: tasks.append(task))
    return tasks


@pytest.fixture
def unnamed(user: User) -> Chatroom:
    return rooms.create(user_id=user.pk)


@pytest.fixture
def say(send: Callable[..., Message]) -> Callable[..., Message]:
    def make(room: Chatroom, question: str = "What is a monsoon?", said: str = "Rain.") -> Message:
        message = send(room, question)
        Reply.objects.filter(answers=message).update(status="done", content=said)
        return message

    return make


def name(room: Chatroom) -> str:
    found: str = Chatroom.objects.values_list("name", flat=True).get(pk=room.pk)
    return found


class TestTitles:
    def test_a_room_without_a_name_is_named_by_its_first_exchange(
        self, client: APIClient, unnamed: Chatroom, say: Callable, model: Model
    ) -> None:
        say(unnamed)
        say(unnamed, "And later?", "More rain.")
        assert client.get("/chatroom").json()[0]["name"] == "New chat"
        name_room(unnamed.pk)
        assert client.get("/chatroom").json()[0]["name"] == "A title"
        [prompt] = model.prompts
        assert prompt.system_instruction == TITLE
        assert "What is a monsoon?" in prompt.turns[0].text
        assert "later" not in prompt.turns[0].text

    def test_what_the_user_chose_is_never_replaced(
        self, client: APIClient, unnamed: Chatroom, say: Callable, model: Model
    ) -> None:
        say(unnamed)
        client.patch(f"/chatroom/{unnamed.pk}", {"name": "Mine"})
        name_room(unnamed.pk)
        assert name(unnamed) == "Mine"
        assert model.prompts == []

    def test_nor_if_it_was_chosen_while_the_model_thought(
        self, client: APIClient, unnamed: Chatroom, say: Callable, model: Model
    ) -> None:
        def think() -> str:
            client.patch(f"/chatroom/{unnamed.pk}", {"name": "New chat"})
            return "A title"

        say(unnamed)
        model.says = think
        name_room(unnamed.pk)
        assert name(unnamed) == "New chat"

    def test_its_tokens_count_for_the_user_and_the_installation(
        self, unnamed: Chatroom, say: Callable, model: Model
    ) -> None:
        say(unnamed)
        name_room(unnamed.pk)
        usage, service = DailyUsage.objects.get(), ServiceUsage.objects.get()
        assert (usage.used, usage.prompt_tokens, usage.output_tokens) == (1, 11, 5)
        assert (service.prompt_tokens, service.output_tokens) == (11, 5)

    def test_they_count_although_the_database_is_away_for_a_moment(
        self, unnamed: Chatroom, say: Callable, model: Model, monkeypatch: pytest.MonkeyPatch
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

    def test_with_the_days_tokens_used_up_nothing_is_asked(
        self, unnamed: Chatroom, say: Callable, model: Model, settings: Any
    ) -> None:
        say(unnamed)
        settings.DAILY_TOKEN_CEILING = 1
        ServiceUsage.objects.create(day=DailyUsage.objects.get().day, prompt_tokens=1)
        name_room(unnamed.pk)
        assert model.prompts == []
        assert name(unnamed) == "New chat"

    def test_a_model_that_fails_is_asked_three_times_at_most(
        self, unnamed: Chatroom, say: Callable, model: Model
    ) -> None:
        say(unnamed)
        model.says = exceptions.ProviderOverloaded()
        for _ in range(5):
            name_room(unnamed.pk)
        assert len(model.prompts) == 3
        assert name(unnamed) == "New chat"

    def test_a_title_that_is_none_is_not_taken(self, unnamed: Chatroom, say: Callable, model: Model) -> None:
        say(unnamed)
        model.says = '\n "" \n'
        name_room(unnamed.pk)
        assert name(unnamed) == "New chat"

    def test_a_room_that_is_gone_or_empty_is_left_alone(self, unnamed: Chatroom, model: Model) -> None:
        name_room(unnamed.pk)
        name_room(2**40)
        assert model.prompts == []

    def test_it_is_asked_for_after_an_answer_until_there_is_one(
        self, unnamed: Chatroom, room: Chatroom, send: Callable, published: list[Any]
    ) -> None:
        for where in (unnamed, room):
            message = send(where)
            claimed = lifecycle.claim(reply_id=reply_of(message).pk)
            assert claimed
            titles_and_summaries.after_reply(reply=claimed[0], is_full=False)
        assert published == [(titles_and_summaries.NAME, unnamed.pk)]

    def test_naming_leaves_the_room_where_it_is_in_the_list(
        self, client: APIClient, unnamed: Chatroom, say: Callable, model: Model
    ) -> None:
        say(unnamed)
        before = Chatroom.objects.get().updated_at
        name_room(unnamed.pk)
        assert Chatroom.objects.get().updated_at == before


class TestSummaries:
    @pytest.fixture(autouse=True)
    def _small(self) -> None:
        cache.clear()
        Tier.objects.update(context_tokens=400, waiting_replies=1000)

    def fill(self, room: Chatroom, say: Callable, count: int, start: int = 0) -> list[Message]:
        return [
            say(room, f"question {number} ".ljust(80, "."), f"answer {number} ".ljust(80, "."))
            for number in range(start, start + count)
        ]

    def test_the_oldest_exchanges_are_summarised_and_the_newest_told(
        self, room: Chatroom, say: Callable, send: Callable, model: Model, published: list[Any]
    ) -> None:
        messages = self.fill(room, say, 8)
        model.says = "notes so far"
        summarise_room(room.pk)
        [prompt] = model.prompts
        assert prompt.system_instruction == SUMMARY
        summary = Summary.objects.get()
        covered = [message.pk for message in messages if message.pk <= summary.upto]
        assert (summary.content, 1 <= len(covered) < 8) == ("notes so far", True)
        assert f"question {len(covered) - 1} " in prompt.turns[0].text
        assert f"question {len(covered)} " not in prompt.turns[0].text

        context = context_for(reply=reply_of(send(room, "now")), tier=Tier.objects.get(slug="basic"))
        assert f"{NOTES}\nnotes so far" in context.prompt.system_instruction
        asked = [turn.text[:10] for turn in context.prompt.turns if turn.role == "user"]
        assert asked == [f"question {number}"[:10] for number in range(len(covered), 8)] + ["now"]

    def test_the_next_summary_is_made_of_the_last_and_of_what_was_said_since(
        self, room: Chatroom, say: Callable, model: Model, published: list[Any]
    ) -> None:
        self.fill(room, say, 8)
        model.says = "first notes"
        summarise_room(room.pk)
        self.fill(room, say, 8, start=8)
        model.says = "second notes"
        summarise_room(room.pk)
        assert "first notes" in model.prompts[1].turns[0].text
        assert "question 0 " not in model.prompts[1].turns[0].text
        assert Summary.objects.get().content == "second notes"

    def test_a_long_backlog_is_taken_in_steps(
        self, room: Chatroom, say: Callable, model: Model, published: list[Any]
    ) -> None:
        self.fill(room, say, 30)
        model.says = "notes"
        steps = 0
        while not steps or published:
            published.clear()
            summarise_room(room.pk)
            steps += 1
        assert 3 <= steps <= 15
        told = "".join(prompt.turns[0].text for prompt in model.prompts)
        upto = Message.objects.filter(role="user", pk__lte=Summary.objects.get().upto).count()
        assert upto >= 25
        assert all(told.count(f"question {number} ") == 1 for number in range(upto))

    def test_a_full_context_asks_for_one(
        self, room: Chatroom, say: Callable, send: Callable, published: list[Any]
    ) -> None:
        tier = Tier.objects.get(slug="basic")
        self.fill(room, say, 2)
        assert not context_for(reply=reply_of(send(room, "now")), tier=tier).is_full
        Reply.objects.filter(status="queued").update(status="done", content="x")
        self.fill(room, say, 6)
        message = send(room, "now")
        assert context_for(reply=reply_of(message), tier=tier).is_full

    def test_a_model_that_fails_leaves_the_last_summary(
        self, room: Chatroom, say: Callable, model: Model, published: list[Any]
    ) -> None:
        Summary.objects.create(room=room, content="earlier", upto=1)
        self.fill(room, say, 8)
        model.says = exceptions.ProviderOverloaded()
        summarise_room(room.pk)
        assert (Summary.objects.get().content, Summary.objects.get().upto, published) == ("earlier", 1, [])

    def test_of_two_at_once_one_writes(self, room: Chatroom, say: Callable, model: Model, published: list[Any]) -> None:
        def meanwhile() -> str:
            Summary.objects.create(room=room, content="by another", upto=1)
            return "late"

        self.fill(room, say, 8)
        model.says = meanwhile
        summarise_room(room.pk)
        assert Summary.objects.get().content == "by another"

    def test_the_second_of_two_tasks_asks_nothing(self, room: Chatroom, say: Callable, model: Model) -> None:
        self.fill(room, say, 8)
        held = concurrency.take_slot_for_room(user_id=room.user_id)
        assert held
        summarise_room(room.pk)
        assert model.prompts == []
        leases.release(held)
        summarise_room(room.pk)
        assert len(model.prompts) == 1

    def test_a_summary_takes_one_of_the_users_places(
        self, room: Chatroom, say: Callable, send: Callable, model: Model
    ) -> None:
        self.fill(room, say, 8)
        Tier.objects.update(parallel_replies=1)
        reply = reply_of(send(rooms.create(user_id=room.user_id, name="Other"), "now"))
        seen: list[Any] = []
        model.says = lambda: seen.append(lifecycle.claim(reply_id=reply.pk)) or "notes"
        summarise_room(room.pk)
        assert seen == [None], "no answer is made beside it"
        assert lifecycle.claim(reply_id=reply.pk), "nor afterwards kept from being made"
        summarise_room(room.pk)
        assert len(model.prompts) == 1, "no summary beside an answer"

    def test_what_was_answered_anew_is_told_beside_the_summary_and_taken_up_by_the_next(
        self, room: Chatroom, say: Callable, send: Callable, model: Model, published: list[Any]
    ) -> None:
        first, *_ = self.fill(room, say, 8)
        model.says = "notes"
        summarise_room(room.pk)
        Summary.objects.update(stale=[first.pk])
        Reply.objects.filter(answers=first).update(content="another answer")
        context = context_for(reply=reply_of(send(room, "now")), tier=Tier.objects.get(slug="basic"))
        assert context.prompt.turns[0].text.startswith("question 0 ")
        assert context.prompt.turns[1].text == "another answer"
        Reply.objects.filter(status="queued").update(status="done", content="x")
        summarise_room(room.pk)
        assert "another answer" in model.prompts[1].turns[0].text
        assert Summary.objects.get().stale == []

    def test_what_changes_while_it_is_summarised_keeps_the_summary_out(
        self, room: Chatroom, say: Callable, model: Model, published: list[Any]
    ) -> None:
        first, *_ = self.fill(room, say, 8)

        def slowly() -> str:
            Reply.objects.filter(answers=first).update(content="another answer")
            return "notes on the old one"

        model.says = slowly
        summarise_room(room.pk)
        assert not Summary.objects.exists()

    def test_a_short_room_and_one_that_is_gone_are_left_alone(
        self, room: Chatroom, say: Callable, model: Model
    ) -> None:
        self.fill(room, say, 1)
        summarise_room(room.pk)
        summarise_room(2**40)
        assert model.prompts == []

    def test_it_is_never_shown_as_a_message(
        self, client: APIClient, room: Chatroom, say: Callable, model: Model, published: list[Any]
    ) -> None:
        self.fill(room, say, 8)
        model.says = "secret notes"
        summarise_room(room.pk)
        for path in (f"/chatroom/{room.pk}", f"/chatroom/{room.pk}/messages", "/chatroom"):
            assert "secret notes" not in client.get(path).content.decode()
        assert client.get("/search", {"q": "secret"}).json() == []

    def test_the_answer_to_a_message_that_it_covers_is_made_without_it(
        self, client: APIClient, room: Chatroom, say: Callable, model: Model, published: list[Any]
    ) -> None:
        messages = self.fill(room, say, 8)
        summarise_room(room.pk)
        claimed = lifecycle.claim(reply_id=reply_of(messages[0]).pk)
        assert claimed is None
        reply = reply_of(messages[1])
        context = context_for(reply=reply, tier=Tier.objects.get(slug="basic"))
        assert NOTES not in context.prompt.system_instruction

    @pytest.mark.parametrize("questions", [20, pytest.param(100, marks=pytest.mark.faults)])
    def test_many_turns_later_the_first_is_still_known(
        self, room: Chatroom, send: Callable, settings: Any, monkeypatch: pytest.MonkeyPatch, questions: int
    ) -> None:
        """Through the real tasks, with the stand-in for a model."""
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

    @pytest.mark.parametrize("after", [DONE, QUEUED], ids=["brought back", "asked for again"])
    def test_an_answer_that_comes_into_what_is_summarised_keeps_the_summary_out(
        self, room: Chatroom, say: Callable, model: Model, published: list[Any], after: dict[str, str]
    ) -> None:
        """It is not in what the model was asked to summarise, and would be in no later request either."""
        first, *_ = self.fill(room, say, 8)
        Reply.objects.filter(answers=first).update(status="failed", content="", error="blocked")

        def meanwhile() -> str:
            Reply.objects.filter(answers=first).update(**after)
            return "notes"

        model.says = meanwhile
        summarise_room(room.pk)
        assert len(model.prompts) == 1
        assert not Summary.objects.exists()
