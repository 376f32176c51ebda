"""How servers other than Google's write a stream of events; the standard allows all except `done` and `junk`."""

END = {
    "done": [b"data: [DONE]\r\n\r\n"],
    "junk": [b"<!-- served by a proxy -->\r\n\r\n"],
    "cut": [b'data: {"usageMeta\r\n\r\n'],
}
"""What follows the last event."""

BEGIN = {"mark": [b"\xef\xbb\xbf"]}
"""What comes before the first."""


def in_dialect(block: bytes, dialect: str) -> bytes:
    """One event's block, `data: …` and a blank line, as the dialect writes it."""
    match dialect:
        case "comments":
            return b": keep-alive\r\n\r\n" + block
        case "fields":
            return b"event: message\r\nid: 7\r\nretry: 100\r\n" + block
        case "tight":
            return block.replace(b"data: ", b"data:", 1)
        case "lf":
            return block.replace(b"\r\n", b"\n")
        case "cr":
            return block.replace(b"\r\n", b"\r")
    return block
