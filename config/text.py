"""What can be seen of a text, and what cannot."""

import unicodedata
from typing import Final

BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Hangul and the empty Braille pattern: letters and symbols to Unicode, nothing to the eye."""

MOST_MARKS: Final = 100
"""Combining marks in a row."""

LIKE_MARKS: Final = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")
"""What becomes marks in a normal form."""


def shows_nothing(text: str) -> bool:
    """Whether a text consists of white space, control and format characters and of what else leaves no mark."""
    return all(
        character in BLANK_LETTERS or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf")
        for character in text
    )


class Marks:
    """Counts combining marks in a row, over the pieces of one text.

    To put a text into a normal form takes time by the square of its longest row: PostgreSQL, which does so for the
    search, needs two seconds for 16,000. No language needs more than a few; UAX 15 allows 30 in its stream-safe text.
    """

    def __init__(self) -> None:
        self._row = 0

    def too_many_in(self, piece: str) -> bool:
        """Whether there are more than `MOST_MARKS` in a row."""
        return len(self.without_more(piece)) < len(piece)

    def without_more(self, piece: str) -> str:
        """Leave out those beyond `MOST_MARKS` in a row."""
        if piece.isascii():
            self._row = 0 if piece else self._row
            return piece
        return "".join(character for character in piece if self._may_follow(character))

    def _may_follow(self, character: str) -> bool:
        self._row = self._row + 1 if unicodedata.combining(character) or character in LIKE_MARKS else 0
        return self._row <= MOST_MARKS
