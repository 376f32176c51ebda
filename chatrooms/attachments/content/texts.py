"""Plain text and code in UTF-8."""

import re
from pathlib import Path
from typing import Final

from chatrooms.attachments.content.refused import Reason, Refused

CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""Characters that no text has: all controls but tab, line feed, form feed and carriage return."""

PAGE: Final = re.compile(
    r"(?>\s+|<!--.*?-->|<\?xml[^>]*\?>)*+<(?:!doctype\s+(?:html|svg)|html|head|body|script|svg)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
"""The start of a page that a browser would run, after comments and an XML declaration."""


def check(source: Path) -> None:
    """Confirm that a file is text.

    Raises:
        Refused: it is not UTF-8, has control characters, or is a page of HTML or SVG.
    """
    try:
        text = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(Reason.TYPE) from None
    if CONTROL.search(text) or PAGE.match(text[:4096]):
        raise Refused(Reason.TYPE)
    if not text.strip():
        raise Refused(Reason.EMPTY)
