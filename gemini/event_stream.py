"""Server-sent events as google-genai can read them.

The SDK knows lines that begin with `data: ` and takes every other one for a part of a JSON document. Servers beside
Google's also send comments, other fields, a byte order mark, `data:` without a space and a last `data: [DONE]`. All but
the last are in the standard: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

IGNORED: Final = re.compile(rb":|(?:event|id|retry):|data: ?(?:\[DONE\])?\s*$")
"""Comments, fields without a use here, empty data, and the end that OpenAI's API sends."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def readable_events(data: Iterable[bytes]) -> Iterator[bytes]:
    """Pass on whole lines as soon as they have come: `data: ` with its space, without those that are to be ignored.

    Other lines stay as they are, since Google's errors come as JSON without any field.
    """
    incomplete: list[bytes] = [b""]
    is_first = True
    for chunk in data:
        # A CR at the end of a chunk may be the first half of a CRLF.
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r", 0, -1)) + 1
        if not end:
            incomplete.append(chunk)
            continue
        lines = b"".join([*incomplete, chunk[:end]])
        incomplete = [chunk[end:]]
        if is_first:
            lines, is_first = lines.removeprefix(BYTE_ORDER_MARK), False
        if readable := _readable(lines):
            yield readable
    if readable := _readable(b"".join(incomplete)):
        yield readable


def _readable(lines: bytes) -> bytes:
    kept = (line for line in lines.splitlines(keepends=True) if not IGNORED.match(line))
    return b"".join(_with_space(line) for line in kept)


def _with_space(line: bytes) -> bytes:
    if not line.startswith(b"data:") or line.startswith(b"data: "):
        return line
    return b"data: " + line.removeprefix(b"data:")
