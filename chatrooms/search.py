"""Search in a user's messages and the replies to them.

Words (chatrooms/words.py) are found by PostgreSQL's full-text search in the configuration `simple`: no stemming, since
a room may be in any language. A query in a script without spaces between words, or in Korean, whose particles are
joined to the word, is split at its spaces; each part is searched for as a substring.

Both kinds of search go through the user's messages from the newest on and stop after `MAX_FOUND`: a word that occurs in
each of 10,000 messages is found as quickly as a rare one.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import DecimalField, F, Func, Value

from accounts.models import User
from chatrooms import words
from chatrooms.models import MAX_SEARCHED, Message, MessageQuerySet

WITHOUT_SPACES: Final = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u109f"  # Tibetan, Burmese
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff"  # Hangul
    "\u1780-\u17ff"  # Khmer
    "\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff66-\uff9f"  # Chinese characters, kana
    "\U00020000-\U0003ffff"
    "]"
)
MAX_FOUND: Final = 500
"""The newest matches, which are ranked and can be paged through."""

MAX_PARTS: Final = 10
"""Parts of a query that are searched for as substrings; further ones are ignored."""

POSITION_DIGITS: Final = 38
"""Of the number that says where a match is in the list."""

CONTEXT_LENGTH: Final = 80
"""Characters shown on each side of a match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """An excerpt of a text, and the spans in it (from, to; in characters) that match the query."""

    text: str
    highlights: list[tuple[int, int]]


def matching_messages(*, user: User, query: str, room_id: int | None = None) -> MessageQuerySet:
    """Return the user's messages and replies that match, annotated with `position`, by which to order them descending.

    Positions are unique, so a page's cursor can name where the page begins and ends.

    The query is a search engine's: words, "phrases", `or`, `-without`. With `room_id` only that room is searched.
    """
    mine: MessageQuerySet = Message.objects.seen_by(user)
    if room_id is not None:
        mine = mine.filter(room_id=room_id)
    if WITHOUT_SPACES.search(query):
        mine = mine.annotate(plain=Func(F("content"), template="normalize(%(expressions)s, NFKC)"))
        for part in _parts(query):
            mine = mine.filter(**{f"plain__{_lookup_for(part)}": part})
        return _newest(mine).annotate(position=_position(Value(0.0)))
    parsed = words.parse(query)
    if parsed is None:
        return _newest(mine.none()).annotate(position=_position(Value(0.0)))
    ts_query = SearchQuery(parsed.text, config="simple", search_type="raw")
    rank = SearchRank(F("search"), ts_query)
    return _newest(mine.filter(search=ts_query)).annotate(position=_position(rank))


def snippet_of(message: Any, *, query: str) -> Snippet:
    """Return what to show of a matching message: the text around the first match, and all matches in it."""
    content = message.content[:MAX_SEARCHED]
    if WITHOUT_SPACES.search(query):
        return _snippet(content, lambda text: _spans_of_parts(_parts(query), text))
    parsed = words.parse(query)
    return _snippet(content, lambda text: words.spans_of(parsed.words if parsed else frozenset(), text))


def _newest(matches: MessageQuerySet) -> MessageQuerySet:
    newest: MessageQuerySet = Message.objects.filter(pk__in=matches.values("pk")[:MAX_FOUND])
    return newest


def _position(rank: Any) -> Func:
    """Return one integer: the rank in billionths, then the id in nineteen digits, so that ties are newest first."""
    template, joint = "(round(%(expressions)s)", " * 1e9)::numeric * 1e19 + "
    number = DecimalField(max_digits=POSITION_DIGITS, decimal_places=0)
    return Func(rank, F("pk"), template=template, arg_joiner=joint, output_field=number)


def _lookup_for(part: str) -> str:
    """Fold the case only if the part has any: folding takes longer than the comparison."""
    return "contains" if part.upper() == part.lower() else "icontains"


def _parts(query: str) -> list[str]:
    parts = unicodedata.normalize("NFKC", query).replace('"', " ").split()
    return parts[:MAX_PARTS]


def _spans_of_parts(parts: list[str], text: str) -> list[tuple[int, int]]:
    pattern = re.compile("|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True)), re.IGNORECASE)
    return [match.span() for match in pattern.finditer(text)]


def _snippet(content: str, find_spans: Callable[[str], list[tuple[int, int]]]) -> Snippet:
    """Return the text around the first match; without a match, the beginning of the text."""
    spans = find_spans(content)
    if not spans:  # the match is written otherwise in the text, with other composed characters for example
        content = unicodedata.normalize("NFKC", content)
        spans = find_spans(content)
    if not spans:
        return Snippet(text=content[: 2 * CONTEXT_LENGTH], highlights=[])
    first, last = spans[0]
    start, end = _at_word_boundaries(content, max(0, first - CONTEXT_LENGTH), min(len(content), last + CONTEXT_LENGTH))
    before, after = "… " if start else "", " …" if end < len(content) else ""
    shift = len(before) - start
    shown = [(begin + shift, stop + shift) for begin, stop in spans if begin >= start and stop <= end]
    return Snippet(text=f"{before}{content[start:end]}{after}", highlights=shown)


def _at_word_boundaries(content: str, start: int, end: int) -> tuple[int, int]:
    """Shorten an excerpt to the next spaces within it, if they are near, so that it cuts no word."""
    first = re.search(r"\s", content[start : start + CONTEXT_LENGTH // 4]) if start else None
    last = content.rfind(" ", end - CONTEXT_LENGTH // 4, end) if end < len(content) else -1
    return start + (first.end() if first else 0), last if last > 0 else end
