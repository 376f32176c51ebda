"""What a reply consists of, in order: to compare what a client has with what it should have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chatrooms.models import Reply
from chatrooms.stream_entries import AFTER_TEXT, PART_EVENTS, Entry, Event

GROWING: Final = frozenset({Event.DELTA, Event.THOUGHT, Event.CODE, Event.CODE_RESULT})
"""Those that come piece by piece, and have a text; the others come whole."""


@dataclass(slots=True)
class Part:
    """One part: of an entry, or as far as a client has it."""

    kind: Event
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, entry: Entry) -> "Part":
        """What an entry adds, which is no start and no end."""
        return _part(entry.event, entry.data)


def _part(kind: Event, data: Mapping[str, Any]) -> Part:
    if kind in GROWING:
        return Part(kind, str(data.get("text", "")))
    return Part(kind, data={name: value for name, value in data.items() if name not in ("type", "offset")})


def parts_of(reply: Reply) -> list[Part]:
    """The parts of a reply that has ended, as the database has them."""
    kept: list[dict[str, Any]] = reply.parts or [{"type": "text", "start": 0, "end": len(reply.content)}]
    parts: list[Part] = []
    length = 0
    for part in kept:
        if part["type"] == "text":
            extend(parts, Part(Event.DELTA, reply.content[part["start"] : part["end"]]))
            length = max(length, part["end"])
        elif part["type"] in AFTER_TEXT and length < len(reply.content):
            extend(parts, Part(Event.DELTA, reply.content[length:]))
            length = len(reply.content)
        if part["type"] in PART_EVENTS:
            extend(parts, _part(Event(part["type"]), part))
    if length < len(reply.content):  # there were too many parts to keep each range
        extend(parts, Part(Event.DELTA, reply.content[length:]))
    return parts


def extend(parts: list[Part], part: Part) -> None:
    """Add a part to others: the last of them grows if it is of the same kind."""
    if part.kind in GROWING and parts and parts[-1].kind is part.kind:
        parts[-1].text += part.text
    elif part.kind not in GROWING or part.text:
        parts.append(Part(part.kind, part.text, part.data))


def text_of(parts: Iterable[Part]) -> str:
    return "".join([part.text for part in parts if part.kind is Event.DELTA])


def rest(whole: list[Part], known: list[Part]) -> list[Part] | None:
    """What `whole` has beyond `known`; None if it does not begin with that."""
    if not known:
        return whole
    *before, last = known
    if len(whole) < len(known) or whole[: len(before)] != before:
        return None
    same = whole[len(before)]
    if (same.kind, same.data) != (last.kind, last.data) or not same.text.startswith(last.text):
        return None
    tail = [Part(same.kind, same.text[len(last.text) :])] if len(same.text) > len(last.text) else []
    return [*tail, *whole[len(known) :]]
