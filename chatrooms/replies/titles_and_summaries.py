"""What the model does for a room besides replying in it: find a title, and summarise a long history.

Both run in a task after a reply, and may fail: they are tried again after the next reply. Their tokens count like all
others.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import structlog
from django.db import connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from billing import budget, leases
from billing.entitlements import tier_of
from billing.exceptions import TOKENS_USED_UP
from billing.models import Tier
from chatrooms.models import Chatroom, Naming, Reply, Summary
from chatrooms.replies import concurrency
from chatrooms.replies.context import MAX_EXCHANGES, Exchange, exchanges, exchanges_of, model_for
from chatrooms.replies.model_call import record_usage
from chatrooms.replies.publishing import publish_next
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


def after_reply(*, reply: Reply, is_full: bool) -> None:
    """Publish the task that names the reply's room if it has no name, and the one that summarises a long history."""
    if reply.room.naming == Naming.DEFAULT and reply.room.title_tries < TITLE_TRIES:
        publish(NAME, reply.room_id)
    if is_full:
        publish(SUMMARISE, reply.room_id)


def name_room(*, room_id: int) -> None:
    """Give a room that nobody has named a title, by its first exchange; never in place of a user's own."""
    room = Chatroom.objects.filter(pk=room_id, naming=Naming.DEFAULT).first()
    if room is None:
        return
    with _slot(room.user_id) as has_slot:
        if has_slot:
            _name(room)


def _name(room: Chatroom) -> None:
    unnamed = Chatroom.objects.filter(pk=room.pk, naming=Naming.DEFAULT)
    if not unnamed.filter(title_tries__lt=TITLE_TRIES).update(title_tries=F("title_tries") + 1):
        return
    first = exchanges(room_id=room.pk, after=0, newest_first=False, at_most=1)
    if not first:
        return
    model = model_for(room=room, tier=tier_of(user_id=room.user_id))
    said = _ask(room, title_prompt(question=first[0].question, reply=first[0].answer, model=model))
    if title := title_of(said):
        with transaction.atomic():
            User.outdate_rooms(room.user_id)
            unnamed.update(name=title, naming=Naming.MODEL)


def summarise(*, room_id: int) -> None:
    """Put the oldest exchanges of a long room into its summary, and go on with the next ones if that was not all."""
    room = Chatroom.objects.filter(pk=room_id).first()
    if room is None:
        return
    with _slot(room.user_id) as has_slot:
        more = has_slot and _summarise_once(room)
    if more:
        publish(SUMMARISE, room_id)


@contextmanager
def _slot(user_id: int) -> Iterator[bool]:
    """One of the user's slots, if one is free; afterwards a parked reply gets it."""
    held = concurrency.take_slot_for_room(user_id=user_id)
    try:
        yield held is not None
    finally:
        if held:
            leases.release(held)
            publish_next(user_id=user_id)


def _summarise_once(room: Chatroom) -> bool:
    """Make one step; whether there is another one to make.

    What the summary tells of as it was (`Summary.stale`) is told anew, so that it is brought up to date.
    """
    tier = tier_of(user_id=room.user_id)
    before = Summary.objects.filter(pk=room.pk).first()
    old = _old(room, tier, after=before.upto if before else 0)
    new = old[: _fitting(old, ASKED * tier.context_tokens) or 1]
    changed = exchanges_of(before.stale) if before else []
    some = [*changed, *new]
    if not some:
        return False
    earlier = before.content if before else ""
    text = _ask(room, summary_prompt(earlier=earlier, turns=_turns(some), model=model_for(room=room, tier=tier)))
    upto = max(some[-1].message_id, before.upto if before else 0)
    kept = bool(text) and _keep(room, before, changed, new, content=text[:MAX_SUMMARY], upto=upto)
    return kept and len(new) < len(old)


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


def _keep(
    room: Chatroom, before: Summary | None, changed: list[Exchange], new: list[Exchange], *, content: str, upto: int
) -> bool:
    """Write the summary unless another one was written, or what it is to tell of has changed, since that was read.

    What is being answered anew is not known yet; nothing would tell of it later.
    """
    written = {"content": content, "upto": upto, "stale": [], "updated_at": Now()}
    with transaction.atomic():
        # The owner's lock: whoever changes a message of the room holds it.
        if not User.objects.select_for_update(no_key=True).filter(chatrooms=room.pk).exists():
            return False
        now = Summary.objects.filter(pk=room.pk).first()
        if (now and (now.upto, now.stale)) != (before and (before.upto, before.stale)):
            return False
        since, stale = (before.upto, before.stale) if before else (0, [])
        told_now = exchanges(room_id=room.pk, after=since, before=upto + 1, newest_first=False)
        if (told_now, exchanges_of(stale)) != (new, changed):
            return False
        if Reply.objects.filter(room_id=room.pk, answers_id__lte=upto).unknown().exists():
            return False
        Summary.objects.update_or_create(pk=room.pk, defaults=written)
    log.info("room_summarised", room_id=room.pk, upto=upto)
    return True


def _ask(room: Chatroom, prompt: Prompt) -> str:
    """What the model says, or nothing if it fails or today's tokens are used up."""
    try:
        budget.check(user_id=room.user_id, tier=tier_of(user_id=room.user_id))
    except TOKENS_USED_UP:
        return ""
    connections.close_all()  # the call takes seconds, and needs no database
    stream = stream_reply(prompt)
    try:
        with record_usage(stream, user_id=room.user_id, room_id=room.pk):
            return "".join(stream)
    except ProviderError as error:
        log.info("title_or_summary_failed", room_id=room.pk, error=error.code)
        return ""
