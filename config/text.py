"""Checks for invisible texts, and for too many combining marks."""

import unicodedata
from typing import Final

BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Hangul fillers and the empty Braille pattern: letters and symbols by their category, but invisible."""

MAX_MARKS: Final = 100
"""Consecutive combining marks."""

LIKE_MARKS: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""Characters that become combining marks when a text is normalised."""


def shows_nothing(text: str) -> bool:
    """Whether a text consists only of white space, control, format and other invisible characters."""
    return all(
        character in BLANK_LETTERS or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf")
        for character in text
    )


class Marks:
    """Counts consecutive combining marks, over the chunks of one text.

    Normalising a text takes time by the square of its longest row of marks: PostgreSQL, which normalises for the
    search, needs two seconds for 16,000. No language needs more than a few; UAX 15's stream-safe text allows 30.
    """

    def __init__(self) -> None:
        self._row = 0

    def too_many_in(self, chunk: str) -> bool:
        """Whether there are more than `MAX_MARKS` in a row."""
        return len(self.without_more(chunk)) < len(chunk)

    def without_more(self, chunk: str) -> str:
        """The chunk without the marks beyond `MAX_MARKS` in a row."""
        if chunk.isascii():
            self._row = 0 if chunk else self._row
            return chunk
        return "".join(character for character in chunk if self._may_follow(character))

    def _may_follow(self, character: str) -> bool:
        self._row = self._row + 1 if unicodedata.combining(character) or character in LIKE_MARKS else 0
        return self._row <= MAX_MARKS
