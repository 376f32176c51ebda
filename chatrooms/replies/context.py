"""From a room's history to the prompt."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from billing.models import Tier
from chatrooms.attachments.attaching import SHOWN
from chatrooms.models import READABLE, Chatroom, File, Reply, ReplyQuerySet, Summary
from chatrooms.replies.asked import Asked
from chatrooms.replies.media import Shown, tokens_of
from config.infrastructure.compiled import compiled
from gemini.prompts import with_summary
from gemini.tokens import TURN_OVERHEAD, estimate
from gemini.types import Prompt, Thinking, Turn

MAX_EXCHANGES = 400
"""The most exchanges to read, whatever the budget: it bounds the query."""

NONE_LATER = 2**63 - 1
"""An id above all others."""

FULL = 0.75
"""The part of the budget, or of `MAX_EXCHANGES`, at which the oldest exchanges are summarised. The rest of the budget
holds the next messages until the summary is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message of the user and the reply to it."""

    message_id: int
    message: str
    reply: str
    files: tuple[Shown, ...] = ()

    @property
    def tokens(self) -> int:
        """The estimated tokens of the two turns."""
        return estimate(self.message) + estimate(self.reply) + 2 * TURN_OVERHEAD + tokens_of(self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The prompt without its media, the files of each of its turns, and whether the room's history is long enough to be
    summarised.
    """

    prompt: Prompt
    files: tuple[tuple[Shown, ...], ...]
    is_full: bool


def context_for(*, reply: Reply, tier: Tier) -> Context:
    """The prompt: the room's instruction and summary, its history within the tier's budget, and the message.

    The newest exchanges are kept, each of them whole. A message without a reply is left out, so that the model never
    takes a failure for something that was said.
    """
    asked = Asked.of(reply)
    summary = summary_before(room_id=reply.room_id, message_id=reply.question.pk)
    instruction = with_summary(instruction=asked.instruction or "", summary=summary.content if summary else "")
    question = reply.question
    earlier = _files_of(asked.turns, user_id=reply.user_id)
    own = tuple(file for file in question.files or () if file["id"] not in earlier)
    needed = estimate(question.content) + tokens_of(own) + TURN_OVERHEAD
    budget = tier.context_tokens - estimate(instruction) - needed - _tokens_of_turns(asked.turns, earlier)
    history = exchanges(
        room_id=reply.room_id, after=summary.upto if summary else 0, before=reply.question.pk, newest_first=True
    )
    # After the newest ones here, and so before them in the prompt: exchanges that changed after they were summarised.
    history += exchanges_of(summary.stale)[::-1] if summary else []
    turns: list[Turn] = [Turn(role="user", text=question.content)]
    files: list[tuple[Shown, ...]] = [own]
    left = budget
    for exchange in history:
        left -= exchange.tokens
        if left < 0:
            break
        turns += [Turn(role="model", text=exchange.reply), Turn(role="user", text=exchange.message)]
        files += [(), exchange.files]
    for turn in reversed(asked.turns):  # the request has shown that they fit
        turns.append(Turn(role=turn["role"], text=turn["text"]))
        files.append(tuple(earlier[file_id] for file_id in turn.get("files", ()) if file_id in earlier))
    prompt = Prompt(
        turns=tuple(reversed(turns)),
        model=model_of(asked.model, tier=tier),
        system_instruction=instruction,
        max_output_tokens=min(asked.max_output_tokens or tier.max_output_tokens, tier.max_output_tokens),
        temperature=asked.temperature,
        thinking=Thinking(asked.thinking) if asked.thinking else None,
        show_thoughts=reply.room.show_thoughts,
        search=reply.room.search,
        response_schema=asked.response_schema,
    )
    is_full = left < budget * (1 - FULL) or len(history) > MAX_EXCHANGES * FULL
    return Context(prompt=prompt, files=tuple(reversed(files)), is_full=is_full)


def tokens_asked(*, asked: Asked, question: str, file_ids: Collection[int], user_id: int) -> int:
    """An estimate of all that the model has to read beside the room's history: nothing of it is left out."""
    earlier = _files_of(asked.turns, user_id=user_id)
    own = [{"text": question, "files": [file_id for file_id in file_ids if file_id not in earlier]}]
    files = earlier | _files_of(own, user_id=user_id)
    return estimate(asked.instruction or "") + _tokens_of_turns([*asked.turns, *own], files)


def _tokens_of_turns(turns: Sequence[Mapping[str, Any]], files: Mapping[int, Shown]) -> int:
    ids = [file_id for turn in turns for file_id in turn.get("files", ()) if file_id in files]
    texts = sum(estimate(turn["text"]) + TURN_OVERHEAD for turn in turns)
    return texts + tokens_of(files[file_id] for file_id in ids)


def _files_of(turns: Sequence[Mapping[str, Any]], *, user_id: int) -> dict[int, Shown]:
    """The files of turns that the client told, as far as they are there, by their ids."""
    ids = [file_id for turn in turns for file_id in turn.get("files", ())]
    if not ids:
        return {}
    return {file["id"]: file for file in File.objects.filter(pk__in=ids, user_id=user_id).values(*SHOWN)}


def model_for(*, room: Chatroom, tier: Tier) -> str:
    """The model that the room's owner chose if the tier has it, else the tier's first."""
    return model_of(room.model, tier=tier)


def model_of(wanted: str, *, tier: Tier) -> str:
    """This model if the tier has it, else the tier's first."""
    return wanted if wanted in tier.allowed_models else tier.allowed_models[0]


def summary_before(*, room_id: int, message_id: int) -> Summary | None:
    """The room's summary, unless it covers this message or later ones."""
    found = _summary_before(room_id=room_id, message_id=message_id)
    return found[0] if found else None


@compiled
def _summary_before(room_id: int, message_id: int) -> QuerySet[Summary]:
    return Summary.objects.filter(room_id=room_id, upto__lt=message_id)


def exchanges_of(message_ids: Collection[int]) -> list[Exchange]:
    """The exchanges of these messages, as far as they have replies, oldest first."""
    if not message_ids:
        return []
    return _exchanges(_with_message(Reply.objects.filter(answers_id__in=message_ids).order_by("answers_id")))


def exchanges(
    *, room_id: int, after: int, before: int = NONE_LATER, newest_first: bool, limit: int = MAX_EXCHANGES
) -> list[Exchange]:
    """The exchanges of a room that have replies, between two messages (by id, both excluded), `limit` at most."""
    read = _newest_exchanges if newest_first else _oldest_exchanges
    return _exchanges(read(room_id=room_id, after=after, before=before, limit=limit))


@compiled
def _newest_exchanges(room_id: int, after: int, before: int) -> QuerySet[Reply, Any]:
    return _with_message(_between(room_id, after, before).order_by("-answers_id"))


@compiled
def _oldest_exchanges(room_id: int, after: int, before: int) -> QuerySet[Reply, Any]:
    return _with_message(_between(room_id, after, before).order_by("answers_id"))


def _between(room_id: int, after: int, before: int) -> ReplyQuerySet:
    found: ReplyQuerySet = Reply.objects.filter(room_id=room_id, answers_id__gt=after, answers_id__lt=before)
    return found


def _with_message(replies: ReplyQuerySet) -> QuerySet[Reply, Any]:
    readable = replies.filter(is_current=True, status__in=READABLE).exclude(content="")
    return readable.values("answers_id", "answers__content", "answers__files", "content")


def _exchanges(rows: Iterable[Mapping[str, Any]]) -> list[Exchange]:
    return [
        Exchange(
            message_id=row["answers_id"],
            message=row["answers__content"],
            reply=row["content"],
            files=tuple(row["answers__files"] or ()),
        )
        for row in rows
    ]
