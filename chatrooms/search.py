"""Search in what the caller wrote and was answered.

Words are found by PostgreSQL's full-text search in the configuration `simple`: no stemming, since a room may be in any
language. To it, scripts that put no spaces between words have none; there, and in Korean, whose particles cling to the
word, each part of the query is looked for as a substring, newest first.

Both look through a user's messages from the newest on and are content with `MAX_FOUND`: a word that stands in each of
10,000 messages is found as quickly as a rare one.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, FloatField, Func, Value
from django.db.models.functions import Cast

from accounts.models import User
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
"""Matches that are ranked and can be paged through: the newest of all."""

MAX_PARTS: Final = 10
"""Parts of a query that are looked for as substrings; further ones are left out."""

AROUND: Final = 80
"""Characters shown on each side of a substring that was found."""

BEGIN, END = "\x02", "\x03"
"""Mark what was found; they are taken out of the text before, so that no text can forge them."""

LESS, GREATER = "\ufdd0", "\ufdd1"
"""Stand for < and > while PostgreSQL cuts the snippet, since it would leave tags out; no characters of any script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of a text, and where in it (from, to; in characters) what was looked for stands."""

    text: str
    highlights: list[tuple[int, int]]


def found(*, user: User, query: str, room_id: int | None = None) -> MessageQuerySet:
    """What the user may see and the query matches, with `rank`, by which it is to be ordered, falling.

    The query is a search engine's: words, "phrases", `or`, `-without`. With `room_id` only that room is searched.
    """
    mine: MessageQuerySet = Message.objects.seen_by(user)
    if room_id is not None:
        mine = mine.filter(room_id=room_id)
    if WITHOUT_SPACES.search(query):
        for part in _parts(query):
            mine = mine.filter(**{f"content__{_lookup_of(part)}": part})
        return _newest(mine).annotate(rank=Cast("pk", FloatField()), headline=Value(""))
    words = SearchQuery(query, config="simple", search_type="websearch")
    return _newest(mine.filter(search=words)).annotate(
        rank=Cast(SearchRank(F("search"), words), FloatField()),
        headline=SearchHeadline(
            _Unmarked("content"),
            words,
            config="simple",
            start_sel=BEGIN,
            stop_sel=END,
            max_words=30,
            min_words=12,
            max_fragments=2,
            fragment_delimiter=" … ",
        ),
    )


def snippet_of(message: Any, *, query: str) -> Snippet:
    """What to show of a message that `found` has found."""
    return _read_marks(message.headline) if message.headline else _around(message.content, _parts(query))


class _Unmarked(Func):
    """The part of a text that is searched, without our own marks."""

    template = f"translate(left(%(expressions)s, {MAX_SEARCHED}), '<>{BEGIN}{END}', '{LESS}{GREATER}')"


def _newest(matches: MessageQuerySet) -> MessageQuerySet:
    newest: MessageQuerySet = Message.objects.filter(pk__in=matches.values("pk")[:MAX_FOUND])
    return newest


def _lookup_of(part: str) -> str:
    """What has no case need not be folded, which takes longer than the comparison."""
    return "contains" if part.upper() == part.lower() else "icontains"


def _parts(query: str) -> list[str]:
    return [part for part in query.replace('"', " ").split() if part][:MAX_PARTS]


def _read_marks(marked: str) -> Snippet:
    text, highlights = "", []
    marked = marked.replace(LESS, "<").replace(GREATER, ">")
    for number, piece in enumerate(re.split(f"[{BEGIN}{END}]", marked)):
        if number % 2:
            highlights.append((len(text), len(text) + len(piece)))
        text += piece
    return Snippet(text=text, highlights=highlights)


def _around(content: str, parts: list[str]) -> Snippet:
    """The surroundings of the first part that is found."""
    pattern = re.compile("|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True)), re.IGNORECASE)
    first = pattern.search(content)
    if first is None:  # PostgreSQL folds some letters that Python does not
        return Snippet(text=content[: 2 * AROUND], highlights=[])
    start, end = max(0, first.start() - AROUND), min(len(content), first.end() + AROUND)
    before, after = "… " if start else "", " …" if end < len(content) else ""
    text = f"{before}{content[start:end]}{after}"
    return Snippet(text=text, highlights=[match.span() for match in pattern.finditer(text)])
