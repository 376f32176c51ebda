"""The entries of a reply's Redis stream: their ids, their events, and how to read them.

An entry's id is `<attempt>-<n>`, so Redis itself refuses the late writer of an attempt that another has replaced.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

LAST_NUMBER: Final = 10**9
"""The number of an attempt's last entry; a reply has at most 16 Mi chunks, since each is a byte of the response."""

FENCE_NUMBER: Final = LAST_NUMBER - 1
"""Before the end of a stopped reply: the text is over, and is being saved."""

DISCARD_NUMBER: Final = LAST_NUMBER - 2
"""A start that drops the text of an attempt that gave up."""

FENCE: Final = "fence"
"""In the place of an event: readers skip it, as they do an event that they do not know."""

ENTRY_ID: Final = re.compile(r"(\d{1,10})-(\d{1,10})")


class Event(StrEnum):
    """The kinds of entries. `START` means: drop everything so far, the whole reply follows."""

    START = "start"
    DELTA = "delta"
    THOUGHT = "thought"
    CODE = "code"
    CODE_RESULT = "code_result"
    SOURCE = "source"
    SEARCH_SUGGESTIONS = "search_suggestions"
    DONE = "done"
    ERROR = "error"
    STOPPED = "stopped"


KNOWN_EVENTS: Final = frozenset(event.value for event in Event)

PART_EVENTS: Final = frozenset({Event.THOUGHT, Event.CODE, Event.CODE_RESULT, Event.SOURCE, Event.SEARCH_SUGGESTIONS})
"""What a reply holds besides its text; see `chatrooms.replies.parts`."""

AFTER_TEXT: Final = frozenset({Event.SOURCE, Event.SEARCH_SUGGESTIONS})
"""Parts that speak of the text, and come when it is complete."""

END_EVENTS: Final = frozenset({Event.DONE, Event.ERROR, Event.STOPPED})


@dataclass(frozen=True, slots=True, order=True)
class EntryId:
    """The id of an entry; within a stream ids only rise."""

    attempt: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `<attempt>-<n>`; None if it is anything else."""
        match = ENTRY_ID.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.attempt}-{self.number}"


@dataclass(slots=True)
class Entry:
    """One entry of a stream. `offset` counts the characters of text before it, since the last start.

    `rendered` is what all clients are sent for it, made for the first of them.
    """

    id: EntryId
    event: Event
    data: dict[str, Any]
    rendered: bytes = field(default=b"", compare=False, repr=False)

    @property
    def text(self) -> str:
        return str(self.data.get("text", ""))

    @property
    def offset(self) -> int:
        return int(self.data.get("offset", 0))

    @property
    def length_after(self) -> int:
        """The characters of text up to and with this entry."""
        return self.offset + len(self.text) if self.event is Event.DELTA else self.offset


def stream_key(reply_id: int) -> str:
    """Return the name of a reply's stream, and of its channel."""
    return f"live:{reply_id}"


def parse_entry(entry_id: str, event: str, data: str) -> Entry:
    """Parse an entry as Redis stores it.

    Raises:
        ValueError: it is not one of ours.
    """
    parsed_id = EntryId.parse(entry_id)
    if parsed_id is None:
        raise ValueError(entry_id)
    return Entry(parsed_id, Event(event), json.loads(data))


def parse_entries(found: Any) -> list[Entry]:
    """Parse what XRANGE returns (with `decode_responses`), without events of a later version."""
    return [
        parse_entry(entry_id, fields["event"], fields["data"])
        for entry_id, fields in found
        if fields["event"] in KNOWN_EVENTS
    ]


def parse_message(message: str) -> Entry | None:
    """Parse an entry as it is published on the channel: id, event and data with a space between them.

    During an upgrade a worker of a later version may publish an event that this one does not know: None.
    """
    entry_id, event, data = message.split(" ", 2)
    return parse_entry(entry_id, event, data) if event in KNOWN_EVENTS else None


def text_of(entries: Iterable[Entry]) -> str | None:
    """Join the text since the last start; None if a part of it is missing, or if there was no start."""
    text: str | None = None
    for entry in entries:
        if entry.event is Event.START:
            text = ""
        elif entry.event is Event.DELTA:
            text = text + entry.text if text is not None and entry.offset == len(text) else None
    return text
