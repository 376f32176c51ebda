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
from billing.models import ModelCall, Tier
from chatrooms.models import Chatroom, NameSource, Reply, Summary
from chatrooms.replies import concurrency
from chatrooms.replies.context import MAX_EXCHANGES, Exchange, exchanges, exchanges_of, model_for
from chatrooms.replies.model_call import record_usage
from chatrooms.replies.publishing import publish_next
from config.celery import publish
from gemini.client import stream_reply
from gemini.exceptions import MaxTokens, ProviderError
from gemini.prompts import summary_prompt, title_of, title_prompt
from gemini.types import FinishReason, Prompt, Turn

log = structlog.get_logger(__name__)

NAME = "chatrooms.tasks.name_room"
SUMMARISE = "chatrooms.tasks.summarise_room"

TITLE_ATTEMPTS: Final = 3
"""Calls that a title may cost; after that the room keeps the name it was created with."""

VERBATIM_SHARE: Final = 0.5
"""The part of the budget for the newest exchanges, which are not summarised. It is smaller than what starts a summary
(`context.FULL`), so that one summary covers many exchanges."""

SUMMARISED_SHARE: Final = 0.75
"""The part of the budget that one call summarises; a longer backlog takes several calls, one after another."""

MAX_SUMMARY: Final = 16_000
"""Characters of a summary: five times the 500 words that the prompt asks for, in case the model writes more."""


def after_reply(*, reply: Reply, is_full: bool) -> None:
    """Publish the task that names the reply's room if it has no name, and the one that summarises a long history."""
    if reply.room.name_source == NameSource.DEFAULT and reply.room.title_attempts < TITLE_ATTEMPTS:
        publish(NAME, reply.room_id)
    if is_full:
        publish(SUMMARISE, reply.room_id)


def name_room(*, room_id: int) -> None:
    """Name a room after its first exchange, unless its user has named it."""
    room = Chatroom.objects.filter(pk=room_id, name_source=NameSource.DEFAULT).first()
    if room is None:
        return
    with _slot(room.user_id) as has_slot:
        if has_slot:
            _name(room)


def _name(room: Chatroom) -> None:
    unnamed = Chatroom.objects.filter(pk=room.pk, name_source=NameSource.DEFAULT)
    if not unnamed.filter(title_attempts__lt=TITLE_ATTEMPTS).update(title_attempts=F("title_attempts") + 1):
        return
    first = exchanges(room_id=room.pk, after=0, newest_first=False, limit=1)
    if not first:
        return
    model = model_for(room=room, tier=tier_of(user_id=room.user_id))
    response = _ask(
        room, title_prompt(question=first[0].message, reply=first[0].reply, model=model), ModelCall.Purpose.TITLE
    )
    if title := title_of(response):
        with transaction.atomic():
            User.outdate_rooms(room.user_id)
            unnamed.update(name=title, name_source=NameSource.MODEL)


def summarise(*, room_id: int) -> None:
    """Add the oldest exchanges of a long room to its summary; publish the task again if that was not all of them."""
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
    """Make one call; whether another one is needed.

    The exchanges that have changed since they were summarised (`Summary.stale`) are summarised again.
    """
    tier = tier_of(user_id=room.user_id)
    before = Summary.objects.filter(pk=room.pk).first()
    old = _unsummarised(room, tier, after=before.upto if before else 0)
    new = old[: _count_fitting(old, SUMMARISED_SHARE * tier.context_tokens) or 1]
    changed = exchanges_of(before.stale) if before else []
    batch = [*changed, *new]
    if not batch:
        return False
    earlier = before.content if before else ""
    prompt = summary_prompt(earlier=earlier, turns=_turns(batch), model=model_for(room=room, tier=tier))
    text = _ask(room, prompt, ModelCall.Purpose.SUMMARY)
    upto = max(batch[-1].message_id, before.upto if before else 0)
    is_saved = bool(text) and _save(room, before, changed, new, content=text[:MAX_SUMMARY], upto=upto)
    return is_saved and len(new) < len(old)


def _unsummarised(room: Chatroom, tier: Tier, *, after: int) -> list[Exchange]:
    """The exchanges that are not summarised yet, without the newest ones; oldest first."""
    newest = exchanges(room_id=room.pk, after=after, newest_first=True)
    fitting = _count_fitting(newest, VERBATIM_SHARE * tier.context_tokens) or 1
    verbatim = newest[: min(fitting, int(VERBATIM_SHARE * MAX_EXCHANGES))]
    if not verbatim:
        return []
    return exchanges(room_id=room.pk, after=after, before=verbatim[-1].message_id, newest_first=False)


def _count_fitting(some: Sequence[Exchange], tokens: float) -> int:
    """How many exchanges, from the first one on, fit into so many tokens."""
    for count, exchange in enumerate(some):
        tokens -= exchange.tokens
        if tokens < 0:
            return count
    return len(some)


def _turns(some: Sequence[Exchange]) -> list[Turn]:
    return [
        turn
        for exchange in some
        for turn in (Turn(role="user", text=_with_files(exchange)), Turn(role="model", text=exchange.reply))
    ]


def _with_files(exchange: Exchange) -> str:
    """The message, and what was attached to it: the model has read the files when it replied."""
    return "\n".join([exchange.message, *(f"[Attached: {file['name']}]" for file in exchange.files)])


def _save(
    room: Chatroom, before: Summary | None, changed: list[Exchange], new: list[Exchange], *, content: str, upto: int
) -> bool:
    """Write the summary, unless another one was written, or its exchanges have changed, since they were read.

    It is not written either while a covered message waits for a new reply: that one would never be summarised.
    """
    written = {"content": content, "upto": upto, "stale": [], "updated_at": Now()}
    with transaction.atomic():
        # The owner's lock, which every change of a message holds.
        if not User.objects.select_for_update(no_key=True).filter(chatrooms=room.pk).exists():
            return False
        now = Summary.objects.filter(pk=room.pk).first()
        if (now and (now.upto, now.stale)) != (before and (before.upto, before.stale)):
            return False
        since, stale = (before.upto, before.stale) if before else (0, [])
        new_now = exchanges(room_id=room.pk, after=since, before=upto + 1, newest_first=False)
        if (new_now, exchanges_of(stale)) != (new, changed):
            return False
        if Reply.objects.filter(room_id=room.pk, answers_id__lte=upto).unknown().exists():
            return False
        Summary.objects.update_or_create(pk=room.pk, defaults=written)
    log.info("room_summarised", room_id=room.pk, upto=upto)
    return True


def _ask(room: Chatroom, prompt: Prompt, purpose: ModelCall.Purpose) -> str:
    """The model's response; empty if the call fails, is cut off at its limit, or today's tokens are used up."""
    try:
        budget.check(user_id=room.user_id, tier=tier_of(user_id=room.user_id))
    except TOKENS_USED_UP:
        return ""
    connections.close_all()  # the call takes seconds, and needs no database
    stream = stream_reply(prompt)
    try:
        with record_usage(stream, user_id=room.user_id, purpose=purpose, room_id=room.pk):
            text = "".join(stream)
    except ProviderError as error:
        log.info("title_or_summary_failed", room_id=room.pk, error=error.code)
        return ""
    if stream.finish_reason is not FinishReason.STOP:
        log.info("title_or_summary_failed", room_id=room.pk, error=MaxTokens.code)
        return ""
    return text
