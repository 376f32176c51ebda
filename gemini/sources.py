"""The sources of a reply, and which parts of its text rest on them."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from gemini.storable import storable
from gemini.types import Chunk, Page, Reference, Span, Support

MAX_SOURCES: Final = 100
MAX_URL: Final = 2_000
MAX_TITLE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of a reply; `spans` are ranges of its text in code points, the end excluded."""

    url: str
    title: str
    spans: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class References:
    """What the events of a reply say of its sources. Each event has only the pages that are new."""

    pages: list[Page] = field(default_factory=list)
    supports: list[Support] = field(default_factory=list)
    citations: list[Reference] = field(default_factory=list)

    def read(self, event: Chunk) -> None:
        # Some servers repeat the pages of earlier events instead, so that the newest list is the whole one.
        if self.pages and list(event.pages[: len(self.pages)]) == self.pages:
            self.pages = []
        self.pages += event.pages
        self.supports += event.supports
        self.citations += event.citations

    def sources_in(self, text: str) -> tuple[Source, ...]:
        """The sources with their places in the final text, in the order in which the vendor named them."""
        if not (self.pages or self.citations):
            return ()
        places = _Places(text)
        found: dict[str, tuple[str, set[tuple[int, int]]]] = {}
        for reference in (*self._of_pages(), *self.citations):
            url = _address_of(reference.page)
            if not url:
                continue
            _, spans = found.setdefault(url, (storable(reference.page.title)[:MAX_TITLE], set()))
            spans.update(place for span in reference.spans if (place := places.of(span)))
        return tuple(
            Source(url=url, title=title, spans=tuple(sorted(spans)))
            for url, (title, spans) in list(found.items())[:MAX_SOURCES]
        )

    @property
    def left_out(self) -> int:
        """How many sources cannot be kept: those without an address on the web, and those beyond `MAX_SOURCES`."""
        pages = {*self.pages, *(citation.page for citation in self.citations)}
        addresses = [_address_of(page) for page in pages]
        return addresses.count("") + max(0, len({*addresses} - {""}) - MAX_SOURCES)

    def _of_pages(self) -> Iterable[Reference]:
        for index, page in enumerate(self.pages):
            spans = tuple(dict.fromkeys(support.span for support in self.supports if index in support.pages))
            yield Reference(page=page, spans=spans)


def _address_of(page: Page) -> str:
    """The address of a page on the web; empty if it has none, or a longer one than is kept."""
    url = storable(page.url)
    return url if url.startswith(("https://", "http://")) and len(url) <= MAX_URL else ""


class _Places:
    """Finds spans in a text: the vendor counts bytes of UTF-8, and clients count code points."""

    def __init__(self, text: str) -> None:
        self._text = text
        lengths = (len(character.encode("utf-8", "surrogatepass")) for character in text)
        self._starts = list(accumulate(lengths, initial=0))

    def of(self, span: Span) -> tuple[int, int] | None:
        """The place of a span; None if it is empty or outside of the text.

        The text that the vendor gives with it decides. If something else stands there (we drop characters that cannot
        be stored), the nearest place where it stands is meant.
        """
        start, end = bisect_left(self._starts, span.start), bisect_left(self._starts, span.end)
        wanted = storable(span.text)
        if wanted and self._text[start:end] != wanted:
            return self._nearest(wanted, start)
        if not 0 <= start < end < len(self._starts):
            return None
        is_whole = self._starts[start] == span.start and self._starts[end] == span.end
        return (start, end) if is_whole or wanted else None

    def _nearest(self, wanted: str, start: int) -> tuple[int, int] | None:
        before, after = self._text.rfind(wanted, 0, start + len(wanted)), self._text.find(wanted, start)
        found = [at for at in (before, after) if at >= 0]
        if not found:
            return None
        at = min(found, key=lambda each: abs(each - start))
        return at, at + len(wanted)
