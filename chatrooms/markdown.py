"""Texts of users and models within one Markdown document (CommonMark 0.31)."""

import re
from typing import Final

FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
HTML_ENDS: Final = {"<!--": "-->", "<?": "?>", "<![cdata[": "]]>"} | {
    f"<{name}": f"</{name}>" for name in ("script", "pre", "style", "textarea")
}
"""The beginnings of the HTML blocks that a blank line does not end (section 4.6), and their ends."""


def closed(text: str) -> str:
    """Close a block of code or HTML that the text leaves open, so that it does not swallow what follows."""
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
    """Return a text that can be a heading."""
    return " ".join(text.split())


def _html_end(line: str) -> str:
    """Return the end of the HTML block that the line leaves open; an empty string if there is none."""
    start = line.lstrip(" ").lower()
    if len(line) - len(line.lstrip(" ")) > 3:
        return ""
    for begin, end in HTML_ENDS.items():
        follows = start[len(begin) : len(begin) + 1]
        if start.startswith(begin) and (not begin[1:].isalpha() or follows in ("", " ", "\t", ">")):
            return "" if end in start else end
    return ""
