"""Search in what the caller wrote and was answered.

Words (chatrooms/words.py) are found by PostgreSQL's full-text search in the configuration `simple`: no stemming, since
a room may be in any language. A query in a script that puts no spaces between words, or in Korean, whose particles
cling to the word, is looked for as substrings, a part each, newest first.

Both look through a user's messages from the newest on and are content with `MAX_FOUND`: a word that stands in each of
10,000 messages is found as quickly as a rare one.
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
"""Matches that are ranked and can be paged through: the newest of all."""

MAX_PARTS: Final = 10
"""Parts of a query that are looked for as substrings; further ones are left out."""

PLACE_DIGITS: Final = 38
"""Of the number that is a match's place in the list."""

AROUND: Final = 80
"""Characters shown on each side of a substring that was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of a text, and where in it (from, to; in characters) what was looked for stands."""

    text: str
    highlights: list[tuple[int, int]]


def found(*, user: User, query: str, room_id: int | None = None) -> MessageQuerySet:
    """What the user may see and the query matches, with `place`, by which it is to be ordered, falling.

    No two share a place, so that a page's cursor can name where it begins and ends.

    The query is a search engine's: words, "phrases", `or`, `-without`. With `room_id` only that room is searched.
    """
    mine: MessageQuerySet = Message.objects.seen_by(user)
    if room_id is not None:
        mine = mine.filter(room_id=room_id)
    if WITHOUT_SPACES.search(query):
        mine = mine.annotate(plain=Func(F("content"), template="normalize(%(expressions)s, NFKC)"))
        for part in _parts(query):
            mine = mine.filter(**{f"plain__{_lookup_of(part)}": part})
        return _newest(mine).annotate(place=_place(Value(0.0)))
    asked = words.parse(query)
    if asked is None:
        return _newest(mine.none()).annotate(place=_place(Value(0.0)))
    sought = SearchQuery(asked.text, config="simple", search_type="raw")
    return _newest(mine.filter(search=sought)).annotate(place=_place(SearchRank(F("search"), sought)))


def snippet_of(message: Any, *, query: str) -> Snippet:
    """What to show of a message that `found` has found: what surrounds the first place, and all places in it."""
    content = message.content[:MAX_SEARCHED]
    if WITHOUT_SPACES.search(query):
        return _around(content, lambda text: _places_of_parts(_parts(query), text))
    asked = words.parse(query)
    return _around(content, lambda text: words.places_of(asked.words if asked else frozenset(), text))


def _newest(matches: MessageQuerySet) -> MessageQuerySet:
    newest: MessageQuerySet = Message.objects.filter(pk__in=matches.values("pk")[:MAX_FOUND])
    return newest


def _place(rank: Any) -> Func:
    """One whole number: the rank in billionths, and behind it, in nineteen digits, the id: of equals, newest first."""
    template, joint = "(round(%(expressions)s)", " * 1e9)::numeric * 1e19 + "
    number = DecimalField(max_digits=PLACE_DIGITS, decimal_places=0)
    return Func(rank, F("pk"), template=template, arg_joiner=joint, output_field=number)


def _lookup_of(part: str) -> str:
    """What has no case need not be folded, which takes longer than the comparison."""
    return "contains" if part.upper() == part.lower() else "icontains"


def _parts(query: str) -> list[str]:
    parts = unicodedata.normalize("NFKC", query).replace('"', " ").split()
    return parts[:MAX_PARTS]


def _places_of_parts(parts: list[str], text: str) -> list[tuple[int, int]]:
    pattern = re.compile("|".join(re.escape(part) for part in sorted(parts, key=len, reverse=True)), re.IGNORECASE)
    return [match.span() for match in pattern.finditer(text)]


def _around(content: str, places_in: Callable[[str], list[tuple[int, int]]]) -> Snippet:
    """The surroundings of the first place that is found; without one the text's beginning."""
    places = places_in(content)
    if not places:  # it stands there in another form: other composed characters, say
        content = unicodedata.normalize("NFKC", content)
        places = places_in(content)
    if not places:
        return Snippet(text=content[: 2 * AROUND], highlights=[])
    start, end = _whole_words(content, max(0, places[0][0] - AROUND), min(len(content), places[0][1] + AROUND))
    before, after = "… " if start else "", " …" if end < len(content) else ""
    shift = len(before) - start
    shown = [(begin + shift, stop + shift) for begin, stop in places if begin >= start and stop <= end]
    return Snippet(text=f"{before}{content[start:end]}{after}", highlights=shown)


def _whole_words(content: str, start: int, end: int) -> tuple[int, int]:
    """Move the ends of a piece to blanks near by, so that it cuts no word, if there are some."""
    first = re.search(r"\s", content[start : start + AROUND // 4]) if start else None
    last = content.rfind(" ", end - AROUND // 4, end) if end < len(content) else -1
    return start + (first.end() if first else 0), last if last > 0 else end
