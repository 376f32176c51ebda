"""The prompt: how much of a room's history it has."""

from collections.abc import Callable

import pytest

from billing.models import Tier
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle
from chatrooms.replies.context import context_for
from gemini.tokens import TURN_OVERHEAD, estimate
from gemini.types import Prompt
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db


def prompt_for(message: Message) -> Prompt:
    reply = Reply.objects.select_related("room", "answers").get(pk=reply_of(message).pk)
    return context_for(reply=reply, tier=Tier.objects.get(slug="basic")).prompt


def texts(prompt: Prompt) -> list[tuple[str, str]]:
    return [(turn.role, turn.text) for turn in prompt.turns]


def end(message: Message, status: str = "done", content: str = "", error: str = "") -> None:
    Reply.objects.filter(answers=message).update(status=status, content=content, error=error)


def test_the_prompt_has_the_instruction_and_the_history_in_order(room: Chatroom, send: Callable[..., Message]) -> None:
    Chatroom.objects.update(system_instruction="Be brief.")
    end(send(room, "one"), content="first")
    end(send(room, "two"), content="second")
    prompt = prompt_for(send(room, "three"))
    assert texts(prompt) == [
        ("user", "one"),
        ("model", "first"),
        ("user", "two"),
        ("model", "second"),
        ("user", "three"),
    ]
    assert prompt.system_instruction == "Be brief."
    assert prompt.max_output_tokens == Tier.objects.get(slug="basic").max_output_tokens


@pytest.mark.parametrize(
    ("status", "content", "error"), [("failed", "half", "blocked"), ("queued", "half", ""), ("stopped", "", "")]
)
def test_a_message_without_a_reply_is_left_out(
    room: Chatroom, send: Callable[..., Message], status: str, content: str, error: str
) -> None:
    end(send(room, "good"), content="answer")
    end(send(room, "bad"), status, content, error)
    assert texts(prompt_for(send(room, "now"))) == [("user", "good"), ("model", "answer"), ("user", "now")]


def test_the_text_of_a_stopped_reply_is_in_the_prompt(room: Chatroom, send: Callable[..., Message]) -> None:
    end(send(room, "first"), "stopped", "half an ans")
    assert texts(prompt_for(send(room, "go on"))) == [("user", "first"), ("model", "half an ans"), ("user", "go on")]


def test_later_messages_and_other_rooms_are_left_out(
    alice: object, room: Chatroom, send: Callable[..., Message]
) -> None:
    other = Chatroom.objects.create(user_id=room.user_id, name="other")
    end(send(other, "elsewhere"), content="there")
    message = send(room, "now")
    end(send(room, "later"), content="afterwards")
    assert texts(prompt_for(message)) == [("user", "now")]


def test_the_newest_turns_that_fit_the_budget_are_kept_whole(room: Chatroom, send: Callable[..., Message]) -> None:
    Tier.objects.update(waiting_replies=100)
    for number in range(6):
        end(send(room, f"question {number} ".ljust(100, ".")), content=f"answer {number} ".ljust(100, "."))
    Tier.objects.update(context_tokens=4 * estimate("." * 100) + estimate("now") + 5 * TURN_OVERHEAD)
    kept = texts(prompt_for(send(room, "now")))
    assert [text[:10] for _, text in kept] == ["question 4", "answer 4 .", "question 5", "answer 5 .", "now"]


def test_only_the_current_reply_is_in_the_prompt(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room, "one")
    end(message, content="old")
    Reply.objects.filter(answers=message).update(is_current=False)
    Reply.objects.create(
        room=room,
        user_id=room.user_id,
        role="assistant",
        answers=message,
        is_current=True,
        status="done",
        content="new",
    )
    assert texts(prompt_for(send(room, "two")))[1] == ("model", "new")


def test_a_message_over_the_whole_budget_is_sent_alone(room: Chatroom, send: Callable[..., Message]) -> None:
    end(send(room, "one"), content="first")
    Tier.objects.update(context_tokens=1)
    assert texts(prompt_for(send(room, "a long question"))) == [("user", "a long question")]


def test_the_context_takes_two_queries_however_long_the_room(
    room: Chatroom, send: Callable[..., Message], django_assert_num_queries: Callable
) -> None:
    message = send(room, "now")
    claimed = lifecycle.claim(reply_id=reply_of(message).pk)
    assert claimed is not None
    with django_assert_num_queries(2):  # the summary, the exchanges
        context_for(reply=claimed[0], tier=claimed[1])
