"""What the model does for a room besides answering in it: give it a name, and keep the thread of a long one.

Both happen after an answer, in a task, and neither is promised: what fails is tried again after the next answer. Their
tokens count like all others.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from django.core.cache import cache
from django.db import connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from billing import budget
from billing.entitlements import tier_of
from billing.exceptions import ServiceBudgetReached
from billing.models import Tier
from chatrooms.context import MAX_EXCHANGES, Exchange, exchanges, model_for
from chatrooms.models import Chatroom, Naming, Reply, Summary
from config import tracing
from config.celery import publish
from gemini.client import stream_reply
from gemini.exceptions import ProviderError
from gemini.prompts import summary_prompt, title_of, title_prompt
from gemini.types import Prompt, Turn

log = structlog.get_logger(__name__)

NAME = "chatrooms.tasks.name_room"
SUMMARISE = "chatrooms.tasks.summarise_room"

TITLE_TRIES: Final = 3
"""Calls that a name may cost; after that the room keeps the one it was made with."""

KEPT: Final = 0.5
"""The part of the budget that the newest exchanges may fill and still be told word for word. Less than what starts a
summary (`context.FULL`), so that one is made for many exchanges at a time."""

ASKED: Final = 0.75
"""The part of the budget that one summary is made of; a longer backlog takes several, one after another."""

MAX_SUMMARY: Final = 16_000
"""Characters of a summary: five times the 500 words that are asked for, in case the model talks."""

ALONE_SECONDS: Final = 180
"""How long a room is left to the task that summarises it; as long as a call may take."""


def tend(*, reply: Reply, is_full: bool) -> None:
    """After an answer, have its room named if nobody did, and summarised if its history has grown long."""
    if reply.room.naming == Naming.DEFAULT and reply.room.title_tries < TITLE_TRIES:
        publish(NAME, reply.room_id)
    if is_full:
        publish(SUMMARISE, reply.room_id)


def name_room(*, room_id: int) -> None:
    """Give a room that nobody has named a title, by its first exchange; never in place of a user's own."""
    unnamed = Chatroom.objects.filter(pk=room_id, naming=Naming.DEFAULT)
    if not unnamed.filter(title_tries__lt=TITLE_TRIES).update(title_tries=F("title_tries") + 1):
        return
    room = unnamed.first()
    first = exchanges(room_id=room_id, after=0, newest_first=False, at_most=1)
    if room is None or not first:
        return
    model = model_for(room=room, tier=tier_of(user_id=room.user_id))
    said = _ask(room, title_prompt(question=first[0].question, answer=first[0].answer, model=model))
    if title := title_of(said):
        with transaction.atomic():
            User.outdate_rooms(room.user_id)
            unnamed.update(name=title, naming=Naming.MODEL)


def summarise(*, room_id: int) -> None:
    """Put the oldest exchanges of a long room into its summary, and go on with the next ones if that was not all."""
    if not cache.add(f"summarising:{room_id}", 1, ALONE_SECONDS):
        return
    try:
        more = _summarise_once(room_id)
    finally:
        cache.delete(f"summarising:{room_id}")
    if more:
        publish(SUMMARISE, room_id)


def _summarise_once(room_id: int) -> bool:
    """Make one step; whether there is another one to make."""
    room = Chatroom.objects.filter(pk=room_id).first()
    if room is None:
        return False
    tier = tier_of(user_id=room.user_id)
    before = Summary.objects.filter(pk=room_id).first()
    old = _old(room, tier, after=before.upto if before else 0)
    some = old[: _fitting(old, ASKED * tier.context_tokens) or 1]
    if not some:
        return False
    earlier = before.content if before else ""
    text = _ask(room, summary_prompt(earlier=earlier, turns=_turns(some), model=model_for(room=room, tier=tier)))
    kept = bool(text) and _keep(room, before, content=text[:MAX_SUMMARY], upto=some[-1].message_id)
    return kept and len(some) < len(old)


def _old(room: Chatroom, tier: Tier, *, after: int) -> list[Exchange]:
    """The exchanges that are not summarised yet, but for the newest ones, oldest first."""
    newest = exchanges(room_id=room.pk, after=after, newest_first=True)
    kept = newest[: min(_fitting(newest, KEPT * tier.context_tokens) or 1, int(KEPT * MAX_EXCHANGES))]
    if not kept:
        return []
    return exchanges(room_id=room.pk, after=after, before=kept[-1].message_id, newest_first=False)


def _fitting(told: Sequence[Exchange], tokens: float) -> int:
    """How many of `told`, from its beginning, fit into so many tokens."""
    for count, exchange in enumerate(told):
        tokens -= exchange.tokens
        if tokens < 0:
            return count
    return len(told)


def _turns(told: Sequence[Exchange]) -> list[Turn]:
    return [
        turn
        for exchange in told
        for turn in (Turn(role="user", text=exchange.question), Turn(role="model", text=exchange.answer))
    ]


def _keep(room: Chatroom, before: Summary | None, *, content: str, upto: int) -> bool:
    """Write the summary unless another one was written, or the old one dropped, since `before` was read."""
    with transaction.atomic():
        if not Chatroom.objects.select_for_update(no_key=True).filter(pk=room.pk).exists():
            return False
        now = Summary.objects.filter(pk=room.pk).first()
        if (now and now.upto) != (before and before.upto):
            return False
        Summary.objects.update_or_create(pk=room.pk, defaults={"content": content, "upto": upto, "updated_at": Now()})
    log.info("room_summarised", room_id=room.pk, upto=upto)
    return True


def _ask(room: Chatroom, prompt: Prompt) -> str:
    """What the model says, or nothing if it fails or today's tokens are used up."""
    try:
        budget.check()
    except ServiceBudgetReached:
        return ""
    connections.close_all()  # the call takes seconds, and needs no database
    stream = stream_reply(prompt)
    try:
        with tracing.span("gemini.call", room_id=room.pk), stream:
            return "".join(stream)
    except ProviderError as error:
        log.info("upkeep_failed", room_id=room.pk, error=error.code)
        return ""
    finally:
        spent = stream.spent
        budget.add(
            user_id=room.user_id,
            prompt_tokens=spent.prompt_tokens or 0,
            output_tokens=spent.output_tokens or 0,
        )
