"""What a stream is made of: blocks of server-sent events, and the events that a program gets of them."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from kuvaka_client.core.models import Message, StatusEnum


@dataclass(frozen=True)
class Delta:
    """The next piece of the text."""

    text: str


@dataclass(frozen=True)
class Restart:
    """Drop everything so far: another attempt has another text, which follows from its beginning."""


@dataclass(frozen=True)
class Thought:
    """The next piece of the summary of the model's thoughts."""

    text: str


@dataclass(frozen=True)
class Code:
    """The next piece of code that was run for the reply."""

    text: str


@dataclass(frozen=True)
class CodeResult:
    """The next piece of what the code printed."""

    text: str


@dataclass(frozen=True)
class Source:
    """A page on which ranges of the text rest, in code points."""

    url: str
    title: str
    spans: list[list[int]]


@dataclass(frozen=True)
class SearchSuggestions:
    """Must be shown with a reply that rests on a search, in a sandboxed frame."""

    html: str


@dataclass(frozen=True)
class End:
    """The end: the message with its final reply, whose `status` is done, failed or stopped."""

    message: Message


Event = Delta | Restart | Thought | Code | CodeResult | Source | SearchSuggestions | End

TEXTS: Final[dict[str, Callable[[str], Event]]] = {
    "delta": Delta,
    "thought": Thought,
    "code": Code,
    "code_result": CodeResult,
}
OBJECTS: Final = {"source", "search_suggestions"}


@dataclass(frozen=True)
class Block:
    """One server-sent event; `event` is empty for a keep-alive comment."""

    event: str = ""
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    retry: float | None = None

    @property
    def ends_the_stream_only(self) -> bool:
        """Whether it says that the stream has ended, and not the reply."""
        return self.event == "error" and "final" in self.data

    @property
    def ends_the_reply(self) -> bool:
        return self.event in ("done", "stopped", "error") and not self.ends_the_stream_only


def blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """The events in the bytes of a stream. Lines end at line feeds only: a text may have characters like U+2028."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n\n")
        for block in whole:
            fields = {}
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            retry = int(fields["retry"]) / 1000 if "retry" in fields else None
            data = json.loads(fields["data"]) if "data" in fields else {}
            yield Block(fields.get("event", ""), fields.get("id", ""), data, retry)


class Shown:
    """What a program was given of a reply, so that no piece is given twice, whatever the server sends again."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._length: dict[str, int] = {}
        """By kind: how much of what was given the attempt has sent again, or for the first time."""

    @property
    def text(self) -> str:
        return self._given.get("delta", "")

    def take(self, block: Block) -> Iterator[Event]:
        """The events that are new in a block; none for a kind that is not known."""
        if block.event == "start":
            self._length.clear()
        elif block.event in TEXTS:
            yield from self._add(block.event, block.data["text"])
        elif block.event in OBJECTS:
            yield from self._add(block.event, json.dumps(block.data, sort_keys=True) + "\n")

    def end(self, message: Message) -> Iterator[Event]:
        """What is missing of the stored reply, and the end."""
        stored, text = message.gemini_response, self.text
        if stored and not self.is_ahead_of(message):
            if not stored.startswith(text):
                yield Restart()
                text = ""
            if len(stored) > len(text):
                yield Delta(stored[len(text) :])
        yield End(message)

    def is_ahead_of(self, message: Message) -> bool:
        """Whether a reply was stopped, and what was streamed of it is not stored yet."""
        stored = message.gemini_response or ""
        return message.reply.status is StatusEnum.STOPPED and self.text != stored and self.text.startswith(stored)

    def _add(self, kind: str, text: str) -> Iterator[Event]:
        given, at = self._given.get(kind, ""), self._length.get(kind, 0)
        known = given[at : at + len(text)]
        if text.startswith(known):
            self._given[kind] = given + text[len(known) :]
            self._length[kind] = at + len(text)
            yield from _events(kind, text[len(known) :])
        else:
            sent = {each: self._given[each][:length] for each, length in self._length.items()}
            self._given = {**sent, kind: given[:at] + text}
            self._length = {each: len(whole) for each, whole in self._given.items()}
            yield Restart()
            for each, whole in self._given.items():
                yield from _events(each, whole)


def _events(kind: str, text: str) -> Iterator[Event]:
    if kind in TEXTS:
        if text:
            yield TEXTS[kind](text)
        return
    for line in text.splitlines():
        data = json.loads(line)
        if kind == "source":
            yield Source(data["url"], data["title"], data["spans"])
        else:
            yield SearchSuggestions(data["html"])
