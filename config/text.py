"""What can be seen of a text, and what cannot."""

import unicodedata
from typing import Final

BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Hangul and the empty Braille pattern: letters and symbols to Unicode, nothing to the eye."""


def shows_nothing(text: str) -> bool:
    """Whether a text consists of white space, control and format characters and of what else leaves no mark."""
    return all(
        character in BLANK_LETTERS or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc", "Cf")
        for character in text
    )
