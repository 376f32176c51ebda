"""GEMINI_BASE_URL may name another server than Google's, which writes its events in another way."""

from collections.abc import Iterator

import pytest

from gemini.event_stream import readable_events
from gemini.types import FinishReason
from tests.doubles.gemini import GeminiDouble
from tests.gemini.calls import reply_to

TEXT = "A reply with data: and : in it, \x85 and \u2028 too. "
DIALECTS = ["comments", "fields", "tight", "mark", "lf", "cr", "done", "junk", "cut"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_reply_in_another_dialect_is_read(sdk: str, double: GeminiDouble, dialect: str) -> None:
    # google-generativeai asks for a JSON array instead of events, so to it all are one.
    double.script({"text": TEXT * 20, "chunks": 10, "dialect": dialect})
    text, stream = reply_to("Hello")
    assert (text, stream.finish_reason) == (TEXT * 20, FinishReason.STOP)
    assert stream.usage.output_tokens


def test_a_chunk_is_passed_on_as_soon_as_its_lines_are_whole() -> None:
    passed: list[int] = []
    chunks = [b"data:{1", b"}\n\n: a comm", b"ent\ndata: {2}\r", b"\n\r\n", b"id: 1\rdata:{3}"]

    def sent() -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            passed.append(len(read))

    read: list[bytes] = []
    for lines in readable_events(sent()):
        read.append(lines)
    assert b"".join(read) == b"data: {1}\n\ndata: {2}\r\n\r\ndata: {3}"
    assert passed == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_where_the_chunks_are_cut_does_not_matter(size: int) -> None:
    stream = (
        b'\xef\xbb\xbf: hello\r\n\r\nevent: x\r\ndata:{"a":1}\r\n\r\n'
        b'{"error": {\r\n "code": 503}}\r\n\r\ndata: [DONE]\r\n\r\n'
    )
    cut = [stream[at : at + size] for at in range(0, len(stream), size)]
    lines = b"".join(readable_events(cut)).split(b"\r\n")
    assert [line for line in lines if line] == [b'data: {"a":1}', b'{"error": {', b' "code": 503}}']
