"""From a room's history to what the model is told."""

from billing.models import Tier
from chatrooms.models import Reply, Status
from gemini.tokens import TURN_OVERHEAD, estimate
from gemini.types import Prompt, Turn

MAX_EXCHANGES = 400
"""Exchanges read back at most, whatever the budget: it bounds the query."""


def prompt_for(*, reply: Reply, tier: Tier) -> Prompt:
    """What to ask the model: the room's system instruction, its history within the tier's budget, and the message.

    The newest exchanges are kept, whole. An exchange without a finished answer stays out, so that a failure or a
    cut-off text is never mistaken for something that was said.
    """
    instruction = reply.room.system_instruction
    budget = tier.context_tokens - estimate(instruction) - estimate(reply.question.content) - TURN_OVERHEAD
    turns: list[Turn] = [Turn(role="user", text=reply.question.content)]
    for question, answer in _exchanges_before(reply):
        budget -= estimate(question) + estimate(answer) + 2 * TURN_OVERHEAD
        if budget < 0:
            break
        turns += [Turn(role="model", text=answer), Turn(role="user", text=question)]
    return Prompt(
        turns=tuple(reversed(turns)),
        model=tier.allowed_models[0],
        system_instruction=instruction,
        max_output_tokens=tier.max_output_tokens,
    )


def _exchanges_before(reply: Reply) -> list[tuple[str, str]]:
    """Question and answer of the room's finished exchanges before this one, newest first."""
    answered = (
        Reply.objects.filter(
            room_id=reply.room_id, is_current=True, status=Status.DONE, answers_id__lt=reply.answers_id
        )
        .order_by("-answers_id")
        .values_list("answers__content", "content")
    )
    return list(answered[:MAX_EXCHANGES])
