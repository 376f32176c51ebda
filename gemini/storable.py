"""Text that PostgreSQL can store: no NUL, and no half of a surrogate pair. JSON can hold both."""

import re
from typing import Final

_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_HIGH_SURROGATE_AT_END: Final = re.compile(r"[\ud800-\udbff]\Z")


def storable(text: str) -> str:
    """Drop NULs, join the halves of surrogate pairs, and replace a lone half by U+FFFD."""
    text = text.replace("\0", "")
    if _SURROGATE.search(text):
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


class StorableChunks:
    """Makes the chunks of one text storable. Half a surrogate pair at the end of a chunk waits for the next chunk."""

    def __init__(self) -> None:
        self._half = ""

    def read(self, chunk: str) -> str:
        """Return the text that is complete now, which may be empty."""
        text = self._half + chunk.replace("\0", "")
        self._half = text[-1:] if _HIGH_SURROGATE_AT_END.search(text) else ""
        return storable(text.removesuffix(self._half))

    def flush(self) -> str:
        """Return what is left after the last chunk."""
        half, self._half = self._half, ""
        return storable(half)
