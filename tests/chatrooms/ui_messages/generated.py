"""Random lives of replies: attempts that die, gaps, stops and failures; and what a client is sent of each."""

import json
import random
from dataclasses import dataclass, field
from typing import Any

from chatrooms.models import Reply, Status
from chatrooms.stream_entries import AFTER_TEXT, Entry, EntryId, Event
from chatrooms.ui_messages.chunks import Chunk, MessageChunks
from chatrooms.ui_messages.parts import Part

ALPHABET = 'ab \n"\\\u2028é😀</script>\x1f'


@dataclass
class Life:
    """One reply: what was published of it in order, and the row in the end."""

    entries: list[Entry] = field(default_factory=list)
    reply: Reply = field(default_factory=Reply)
    text: str = ""
    """What a client that keeps the last step alone has in the end."""


def chunks_of(life: Life, *, resets: bool) -> list[Chunk]:
    made = MessageChunks(message_id=str(life.reply.pk), metadata={"replyId": life.reply.pk}, resets=resets)
    chunks = made.begin()
    for entry in life.entries:
        if entry.event is Event.START:
            made.restart()
        else:
            chunks += made.add(Part.of(entry))
    return [*chunks, *made.end(life.reply)]


def life_of(seed: int) -> Life:
    chance = random.Random(seed)
    life = Life(reply=Reply(pk=seed + 1, prompt_tokens=chance.choice([None, 7]), output_tokens=3, model="m"))
    attempt: list[Entry] = []
    attempts = chance.choice([1, 1, 2, 3])
    for number in range(1, attempts + 1):
        same = attempt if chance.random() < 0.3 else []  # the model says the same again, up to somewhere
        attempt = [_entry(number, 1, Event.START, attempt=number)]
        kept = [each for each in same[1:] if each.event not in AFTER_TEXT]
        attempt += [Entry(EntryId(number, at + 2), each.event, each.data) for at, each in enumerate(kept)]
        _go_on(chance, attempt, number)
        if number < attempts:
            attempt = attempt[: chance.randint(1, len(attempt))]
        life.entries += _with_gaps(chance, attempt)
    status = chance.choice([Status.DONE, Status.DONE, Status.STOPPED, Status.FAILED])
    _end(chance, life, attempt, status)
    return life


def _entry(of: int, number: int, event: Event, **data: Any) -> Entry:
    return Entry(EntryId(of, number), event, data)


def _go_on(chance: random.Random, entries: list[Entry], attempt: int) -> None:
    length = sum(len(each.text) for each in entries if each.event is Event.DELTA)
    for _ in range(chance.randint(0, 8)):
        event = chance.choice([Event.DELTA] * 4 + [Event.THOUGHT] * 2 + [Event.CODE, Event.CODE_RESULT])
        text = "".join(chance.choices(ALPHABET, k=chance.randint(1, 5)))
        entries.append(_entry(attempt, len(entries) + 1, event, text=text, offset=length))
        length += len(text) if event is Event.DELTA else 0
    for number in range(chance.choice([0, 0, 2])):
        source = {"url": f"https://example.com/{number}", "title": chance.choice(["", "A page"]), "spans": [[0, 1]]}
        entries.append(_entry(attempt, len(entries) + 1, Event.SOURCE, offset=length, **source))
    if chance.random() < 0.1:
        entries.append(_entry(attempt, len(entries) + 1, Event.SEARCH_SUGGESTIONS, offset=length, html="<b>"))


def _with_gaps(chance: random.Random, attempt: list[Entry]) -> list[Entry]:
    """A client that missed something is sent the attempt again, from its start."""
    if chance.random() < 0.7 or len(attempt) < 2:
        return attempt
    at = chance.randint(1, len(attempt))
    return [*attempt[: chance.randint(1, at)], *attempt]


def _end(chance: random.Random, life: Life, attempt: list[Entry], status: Status) -> None:
    reply, parts = life.reply, []
    reply.status = status
    if status is Status.FAILED:
        reply.error = "provider_timeout"
        return
    for each in attempt[1:]:
        start = len(reply.content)
        if each.event is Event.DELTA:
            reply.content += each.text
            if parts and parts[-1]["type"] == "text":
                parts[-1]["end"] = len(reply.content)
            else:
                parts.append({"type": "text", "start": start, "end": len(reply.content)})
        elif "text" in each.data and parts and parts[-1]["type"] == each.event.value:
            parts[-1]["text"] += each.text
        else:
            shown = {name: value for name, value in each.data.items() if name != "offset"}
            parts.append({"type": each.event.value, **shown})
    if any(part["type"] != "text" for part in parts):
        reply.parts = parts
    if chance.random() < 0.2:  # Redis was lost, or the worker was stopped at another piece than the client
        life.entries = life.entries[: chance.randint(0, len(life.entries))]
    reply.finish_reason = chance.choice(["stop", "max_tokens"]) if status is Status.DONE else ""
    life.text = reply.content


def sse(chunks: list[Chunk]) -> str:
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
