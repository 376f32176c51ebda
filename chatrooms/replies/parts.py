"""What a reply holds besides its text, in the order in which it came: thoughts, sources, code that Google ran.

Stored as JSON on the reply's row, each part an object with a `type`:

- `text`: a range of the reply's text, from `start` to `end`, in code points. The text itself is not repeated.
- `thought`: a summary of the model's thoughts; `code` and `code_result`: what Google ran, and what it printed. Each has
  its `text`.
- `source`: `url`, `title` and `spans`, the ranges of the text that rest on it.
- `search_suggestions`: `html` that Google's terms require to be shown with the reply.
- `dropped`: parts that cannot be kept, by `kind` and `count`.
"""

from collections.abc import Iterator
from typing import Any, Final

from config.text import Marks
from gemini.reply_stream import ReplyStream
from gemini.sources import Source
from gemini.storable import storable
from gemini.types import PartKind, Piece

PART_TYPES: Final = (*(kind.value for kind in PartKind), "source", "search_suggestions", "dropped")

MAX_PART: Final = 200_000
"""Characters kept of the thoughts or the code of one part."""

MAX_SUGGESTIONS: Final = 100_000
"""Characters of Google's HTML; a cut one would not be what its terms ask for, so a longer one is dropped."""


class Parts:
    """Collects the parts of one reply, piece by piece."""

    def __init__(self) -> None:
        self._parts: list[dict[str, Any]] = []
        self._marks = {kind: Marks() for kind in PartKind}

    def without_more_marks(self, piece: Piece) -> str:
        """The text of a piece without the combining marks that are too many in a row."""
        return self._marks[piece.kind].without_more(piece.text)

    def add_text(self, *, start: int, end: int) -> None:
        """Note that the text goes on."""
        if self._parts and self._parts[-1]["type"] == PartKind.TEXT:
            self._parts[-1]["end"] = end
        else:
            self._parts.append({"type": PartKind.TEXT.value, "start": start, "end": end})

    def add(self, kind: PartKind, text: str) -> None:
        """Keep a piece of a thought or of code."""
        if not self._parts or self._parts[-1]["type"] != kind:
            self._parts.append({"type": kind.value, "text": ""})
        kept = self._parts[-1]["text"]
        self._parts[-1]["text"] = kept + text[: MAX_PART - len(kept)]

    def as_json(self, stream: ReplyStream, *, text: str) -> list[dict[str, Any]] | None:
        """The parts of the reply, whose text is `text` in the end; None if there is nothing but text."""
        parts = [*self._within(len(text)), *_sources(stream, text), *_suggestions(stream), *_dropped(stream)]
        return None if all(part["type"] == PartKind.TEXT for part in parts) else parts

    def _within(self, length: int) -> Iterator[dict[str, Any]]:
        for part in self._parts:
            if part["type"] != PartKind.TEXT:
                yield part
            elif part["start"] < length:
                yield part | {"end": min(part["end"], length)}


def source_part(source: Source) -> dict[str, Any]:
    return {"type": "source", "url": source.url, "title": source.title, "spans": [list(span) for span in source.spans]}


def _sources(stream: ReplyStream, text: str) -> Iterator[dict[str, Any]]:
    return (source_part(source) for source in stream.references.sources_in(text))


def _suggestions(stream: ReplyStream) -> Iterator[dict[str, Any]]:
    html = storable(stream.search_suggestions)
    if html and len(html) <= MAX_SUGGESTIONS:
        yield {"type": "search_suggestions", "html": html}


def _dropped(stream: ReplyStream) -> Iterator[dict[str, Any]]:
    for kind, count in stream.dropped.items():
        yield {"type": "dropped", "kind": kind, "count": count}
