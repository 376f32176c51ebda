"""What a reply holds besides its text, in the order in which it came: thoughts, sources, code that Google ran.

Stored as JSON on the reply's row, each part an object with a `type`:

- `text`: a range of the reply's text, from `start` to `end`, in code points. The text itself is not repeated.
- `thought`: a summary of the model's thoughts; `code` and `code_result`: what Google ran, and what it printed. Each has
  its `text`.
- `source`: `url`, `title` and `spans`, the ranges of the text that rest on it.
- `search_suggestions`: `html` that Google's terms require to be shown with the reply.
- `dropped`: what cannot be kept, by `kind` and `count`.
"""

from collections.abc import Iterator
from typing import Any, Final

from config.text import Marks
from gemini.reply_stream import ReplyStream
from gemini.sources import Source
from gemini.storable import storable
from gemini.types import PartKind, Piece

PART_TYPES: Final = (
    *(kind.value for kind in PartKind if kind is not PartKind.RESTART),
    *("source", "search_suggestions", "dropped"),
)

MAX_PARTS: Final = 100
"""Parts kept of one reply, without its sources."""

MAX_TEXT: Final = 200_000
"""Characters kept of all thoughts and code of one reply."""

MAX_SPANS: Final = 100
"""Ranges kept of one source."""

MAX_SUGGESTIONS: Final = 100_000
"""Characters of Google's HTML; a cut one would not be what its terms ask for, so a longer one is dropped."""


class Parts:
    """Collects the parts of one reply, piece by piece."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []
        self._left = MAX_TEXT
        self._cut = 0
        self._marks = {kind: Marks() for kind in PartKind}

    def without_more_marks(self, piece: Piece) -> str:
        """The text of a piece without the combining marks that are too many in a row."""
        return self._marks[piece.kind].without_more(piece.text)

    def add_text(self, *, start: int, end: int) -> None:
        """Note that the text goes on."""
        if self._parts and self._parts[-1]["type"] == PartKind.TEXT:
            self._parts[-1]["end"] = end
        elif len(self._parts) < MAX_PARTS:
            self._parts.append({"type": PartKind.TEXT.value, "start": start, "end": end})

    def add(self, kind: PartKind, text: str) -> None:
        """Keep a piece of a thought or of code."""
        is_new = not self._parts or self._parts[-1]["type"] != kind
        kept = text[: self._left]
        if (is_new and len(self._parts) >= MAX_PARTS) or len(kept) < len(text):
            self._cut += 1
            return
        if is_new:
            self._parts.append({"type": kind.value, "text": ""})
        self._parts[-1]["text"] += kept
        self._left -= len(kept)

    def as_json(self, stream: ReplyStream, *, text: str) -> list[dict[str, Any]] | None:
        """The parts of the reply, whose text is `text` in the end; None if there is nothing but text."""
        sources = [_source_part(source) for source in stream.references.sources_in(text)]
        parts = [*self._parts, *sources, *_suggestions(stream), *self._dropped(stream)]
        return clipped(parts, length=len(text))

    def _dropped(self, stream: ReplyStream) -> Iterator[dict[str, Any]]:
        counts = stream.dropped | {
            "source": stream.references.left_out,
            "search_suggestions": int(len(stream.search_suggestions) > MAX_SUGGESTIONS),
            "piece": self._cut,
        }
        return ({"type": "dropped", "kind": kind, "count": count} for kind, count in counts.items() if count)


def clipped(parts: list[dict[str, Any]] | None, *, length: int) -> list[dict[str, Any]] | None:
    """The parts of a reply of which `length` characters were shown; None if there is nothing but text, or nothing."""
    kept = [
        part | {"end": min(part["end"], length)} if part["type"] == PartKind.TEXT else part
        for part in parts or []
        if part["type"] != PartKind.TEXT or part["start"] < length
    ]
    return kept if length and any(part["type"] != PartKind.TEXT for part in kept) else None


def _source_part(source: Source) -> dict[str, Any]:
    spans = [list(span) for span in source.spans[:MAX_SPANS]]
    return {"type": "source", "url": source.url, "title": source.title, "spans": spans}


def _suggestions(stream: ReplyStream) -> Iterator[dict[str, Any]]:
    html = storable(stream.search_suggestions)
    if html and len(stream.search_suggestions) <= MAX_SUGGESTIONS:
        yield {"type": "search_suggestions", "html": html}
