"""From a room's history to what the model is told."""

from collections.abc import Collection
from dataclasses import dataclass

from billing.models import Tier
from chatrooms.models import TOLD, Chatroom, Reply, Summary
from gemini.prompts import with_summary
from gemini.tokens import TURN_OVERHEAD, estimate
from gemini.types import Prompt, Turn

MAX_EXCHANGES = 400
"""Exchanges read back at most, whatever the budget: it bounds the query."""

FULL = 0.75
"""The part of a budget, or of `MAX_EXCHANGES`, from which on the oldest exchanges are due to be summarised: the next
messages still find all of them while that is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message of the user's and what was answered. `message_id` is the message's."""

    message_id: int
    question: str
    answer: str

    @property
    def tokens(self) -> int:
        """How many tokens the two turns cost, by estimate."""
        return estimate(self.question) + estimate(self.answer) + 2 * TURN_OVERHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What to ask the model, and whether the room's history is due to be summarised."""

    prompt: Prompt
    is_full: bool


def context_for(*, reply: Reply, tier: Tier) -> Context:
    """What to ask the model: the room's instruction and summary, its history within the tier's budget, the message.

    The newest exchanges are kept, whole. An exchange that was not answered stays out, so that a failure is never
    mistaken for something that was said.
    """
    summary = summary_before(room_id=reply.room_id, message_id=reply.question.pk)
    instruction = with_summary(instruction=reply.room.system_instruction, summary=summary.content if summary else "")
    budget = tier.context_tokens - estimate(instruction) - estimate(reply.question.content) - TURN_OVERHEAD
    told = exchanges(
        room_id=reply.room_id, after=summary.upto if summary else 0, before=reply.question.pk, newest_first=True
    )
    # Behind the newest ones, and so before them in what the model reads: what the summary tells of as it was.
    told += exchanges_of(summary.stale)[::-1] if summary else []
    turns: list[Turn] = [Turn(role="user", text=reply.question.content)]
    left = budget
    for exchange in told:
        left -= exchange.tokens
        if left < 0:
            break
        turns += [Turn(role="model", text=exchange.answer), Turn(role="user", text=exchange.question)]
    prompt = Prompt(
        turns=tuple(reversed(turns)),
        model=model_for(room=reply.room, tier=tier),
        system_instruction=instruction,
        max_output_tokens=tier.max_output_tokens,
        temperature=reply.room.temperature,
    )
    is_full = left < budget * (1 - FULL) or len(told) > MAX_EXCHANGES * FULL
    return Context(prompt=prompt, is_full=is_full)


def model_for(*, room: Chatroom, tier: Tier) -> str:
    """The model that the room's owner chose, as long as the tier has it, else the tier's first."""
    return room.model if room.model in tier.allowed_models else tier.allowed_models[0]


def summary_before(*, room_id: int, message_id: int) -> Summary | None:
    """The room's summary, unless it tells of this message or of later ones."""
    return Summary.objects.filter(room_id=room_id, upto__lt=message_id).first()


def exchanges_of(message_ids: Collection[int]) -> list[Exchange]:
    """The answered exchanges among these messages, oldest first."""
    if not message_ids:
        return []
    answered = Reply.objects.filter(answers_id__in=message_ids, is_current=True, status__in=TOLD).exclude(content="")
    rows = answered.order_by("answers_id").values_list("answers_id", "answers__content", "content")
    return [Exchange(message_id=place, question=asked, answer=said) for place, asked, said in rows]


def exchanges(
    *, room_id: int, after: int, before: int | None = None, newest_first: bool, at_most: int = MAX_EXCHANGES
) -> list[Exchange]:
    """The answered exchanges of a room between two messages (by their ids, these not included), `at_most` so many."""
    answered = Reply.objects.filter(room_id=room_id, is_current=True, status__in=TOLD, answers_id__gt=after)
    if before is not None:
        answered = answered.filter(answers_id__lt=before)
    rows = (
        answered.exclude(content="")
        .order_by("-answers_id" if newest_first else "answers_id")
        .values_list("answers_id", "answers__content", "content")
    )
    return [Exchange(message_id=place, question=asked, answer=said) for place, asked, said in rows[:at_most]]
