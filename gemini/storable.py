"""Text as PostgreSQL takes it: without NUL, and every character beyond U+FFFF whole. JSON can spell it otherwise."""

import re
from typing import Final

_HALF: Final = re.compile(r"[\ud800-\udfff]")
_FIRST_HALF_AT_THE_END: Final = re.compile(r"[\ud800-\udbff]\Z")


def storable(text: str) -> str:
    """Drop NULs, join the halves of surrogate pairs, and put U+FFFD for a half that is alone."""
    text = text.replace("\0", "")
    if _HALF.search(text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class Pieces:
    """Makes the pieces of one text storable; a half at the end of one waits for the next."""

    def __init__(self) -> None:
        self._half = ""

    def read(self, piece: str) -> str:
        """Return what can be told now, which may be nothing."""
        text = self._half + piece.replace("\0", "")
        self._half = text[-1:] if _FIRST_HALF_AT_THE_END.search(text) else ""
        return storable(text.removesuffix(self._half))

    def rest(self) -> str:
        """Return what still waits, once there is no further piece."""
        half, self._half = self._half, ""
        return storable(half)
