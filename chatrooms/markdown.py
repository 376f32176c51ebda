"""Texts of others, put into one Markdown document (CommonMark 0.31)."""

import re
from typing import Final

FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
HTML_ENDS: Final = {"<!--": "-->", "<?": "?>", "<![cdata[": "]]>"} | {
    f"<{name}": f"</{name}>" for name in ("script", "pre", "style", "textarea")
}
"""How a block of HTML begins that only its own end closes (section 4.6), and that end."""


def closed(text: str) -> str:
    """Close a block of code or of HTML that the text leaves open, so that it swallows nothing of what follows."""
    fence, html = "", ""
    for line in text.splitlines():
        if html:
            html = "" if html in line.lower() else html
        elif fence:
            match = FENCE.fullmatch(line)
            is_end = match and match[1].startswith(fence) and not match[2].strip()
            fence = "" if is_end else fence
        elif (match := FENCE.fullmatch(line)) and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
        else:
            html = _html_end(line)
    end = fence or html
    return f"{text}\n{end}" if end else text


def on_one_line(text: str) -> str:
    """A text as it may stand in a heading."""
    return " ".join(text.split())


def _html_end(line: str) -> str:
    """What closes the block of HTML that the line opens and does not close itself; nothing if it opens none."""
    start = line.lstrip(" ").lower()
    if len(line) - len(line.lstrip(" ")) > 3:
        return ""
    for begin, end in HTML_ENDS.items():
        follows = start[len(begin) : len(begin) + 1]
        if start.startswith(begin) and (not begin[1:].isalpha() or follows in ("", " ", "\t", ">")):
            return "" if end in start else end
    return ""
