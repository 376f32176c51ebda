"""From a room's history to the prompt."""

from collections.abc import Collection
from dataclasses import dataclass

from billing.models import Tier
from chatrooms.models import READABLE, Chatroom, Reply, ReplyQuerySet, Summary
from gemini.prompts import with_summary
from gemini.tokens import TURN_OVERHEAD, estimate
from gemini.types import Prompt, Turn

MAX_EXCHANGES = 400
"""The most exchanges to read, whatever the budget: it bounds the query."""

FULL = 0.75
"""The part of the budget, or of `MAX_EXCHANGES`, at which the oldest exchanges are summarised. The rest of the budget
holds the next messages until the summary is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message of the user and the reply to it."""

    message_id: int
    message: str
    reply: str

    @property
    def tokens(self) -> int:
        """The estimated tokens of the two turns."""
        return estimate(self.message) + estimate(self.reply) + 2 * TURN_OVERHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The prompt, and whether the room's history is long enough to be summarised."""

    prompt: Prompt
    is_full: bool


def context_for(*, reply: Reply, tier: Tier) -> Context:
    """The prompt: the room's instruction and summary, its history within the tier's budget, and the message.

    The newest exchanges are kept, each of them whole. A message without a reply is left out, so that the model never
    takes a failure for something that was said.
    """
    summary = summary_before(room_id=reply.room_id, message_id=reply.question.pk)
    instruction = with_summary(instruction=reply.room.system_instruction, summary=summary.content if summary else "")
    budget = tier.context_tokens - estimate(instruction) - estimate(reply.question.content) - TURN_OVERHEAD
    history = exchanges(
        room_id=reply.room_id, after=summary.upto if summary else 0, before=reply.question.pk, newest_first=True
    )
    # After the newest ones here, and so before them in the prompt: exchanges that changed after they were summarised.
    history += exchanges_of(summary.stale)[::-1] if summary else []
    turns: list[Turn] = [Turn(role="user", text=reply.question.content)]
    left = budget
    for exchange in history:
        left -= exchange.tokens
        if left < 0:
            break
        turns += [Turn(role="model", text=exchange.reply), Turn(role="user", text=exchange.message)]
    prompt = Prompt(
        turns=tuple(reversed(turns)),
        model=model_for(room=reply.room, tier=tier),
        system_instruction=instruction,
        max_output_tokens=tier.max_output_tokens,
        temperature=reply.room.temperature,
    )
    is_full = left < budget * (1 - FULL) or len(history) > MAX_EXCHANGES * FULL
    return Context(prompt=prompt, is_full=is_full)


def model_for(*, room: Chatroom, tier: Tier) -> str:
    """The model that the room's owner chose if the tier has it, else the tier's first."""
    return room.model if room.model in tier.allowed_models else tier.allowed_models[0]


def summary_before(*, room_id: int, message_id: int) -> Summary | None:
    """The room's summary, unless it covers this message or later ones."""
    return Summary.objects.filter(room_id=room_id, upto__lt=message_id).first()


def exchanges_of(message_ids: Collection[int]) -> list[Exchange]:
    """The exchanges of these messages, as far as they have replies, oldest first."""
    if not message_ids:
        return []
    answered = Reply.objects.filter(answers_id__in=message_ids, is_current=True, status__in=READABLE)
    return _exchanges(answered.order_by("answers_id"))


def exchanges(
    *, room_id: int, after: int, before: int | None = None, newest_first: bool, limit: int = MAX_EXCHANGES
) -> list[Exchange]:
    """The exchanges of a room that have replies, between two messages (by id, both excluded), `limit` at most."""
    answered = Reply.objects.filter(room_id=room_id, is_current=True, status__in=READABLE, answers_id__gt=after)
    if before is not None:
        answered = answered.filter(answers_id__lt=before)
    return _exchanges(answered.order_by("-answers_id" if newest_first else "answers_id"), limit=limit)


def _exchanges(replies: ReplyQuerySet, limit: int | None = None) -> list[Exchange]:
    rows = replies.exclude(content="").values_list("answers_id", "answers__content", "content")[:limit]
    return [Exchange(message_id=message_id, message=message, reply=reply) for message_id, message, reply in rows]
