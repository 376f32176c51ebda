"""What one client is told: every entry once, in order, or everything anew."""

import json
import random

import pytest

from chatrooms.redis_stream import LAST, Entry, EntryId, Event
from chatrooms.streaming.sse import Gap, Transcript, resumed_from


def entry(claim: int, number: int, event: Event, **data: object) -> Entry:
    return Entry(EntryId(claim, number), event, data)


def stream(*texts: str, attempt: int = 1) -> list[Entry]:
    entries, offset = [entry(attempt, 1, Event.START, attempt=attempt)], 0
    for number, text in enumerate(texts):
        entries.append(entry(attempt, number + 2, Event.DELTA, text=text, offset=offset))
        offset += len(text)
    return [*entries, entry(attempt, LAST, Event.DONE, length=offset)]


def read(data: bytes) -> list[tuple[str, str, dict[str, object]]]:
    found = []
    for block in data.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


def test_entries_become_events_with_ids_and_the_text_alone() -> None:
    transcript = Transcript(reply_id=7)
    assert read(b"".join(transcript.tell(each) for each in stream("a\nb", "\u2028c"))) == [
        ("7:1-1", "start", {"attempt": 1}),
        ("7:1-2", "delta", {"text": "a\nb"}),
        ("7:1-3", "delta", {"text": "\u2028c"}),
        (f"7:1-{LAST}", "done", {"length": 5}),
    ]
    assert transcript.is_over


def test_what_comes_twice_is_told_once() -> None:
    transcript = Transcript(reply_id=7)
    entries = stream("a", "b")
    once = b"".join(transcript.tell(each) for each in entries)
    assert b"".join(transcript.tell(each) for each in entries) == b""
    assert len(read(once)) == 4


def test_a_missing_piece_is_noticed() -> None:
    transcript = Transcript(reply_id=7)
    start, first, second, done = stream("a", "b")
    transcript.tell(start)
    with pytest.raises(Gap):
        transcript.tell(second)
    whole = Transcript(reply_id=7)
    whole.tell(start)
    whole.tell(first)
    with pytest.raises(Gap):
        whole.tell(done)


def test_a_late_piece_of_an_earlier_attempt_is_not_told() -> None:
    transcript = Transcript(reply_id=7)
    for each in stream("new", attempt=2)[:2]:
        transcript.tell(each)
    assert transcript.tell(entry(1, 5, Event.DELTA, text="late", offset=3)) == b""


def test_a_resumed_client_is_told_what_follows() -> None:
    start, first, second, done = stream("a", "b")
    transcript = Transcript(reply_id=7)
    transcript.resume(first)
    assert [event for _, event, _ in read(b"".join(map(transcript.tell, [start, first, second, done])))] == [
        "delta",
        "done",
    ]


def test_a_client_that_had_everything_is_told_nothing() -> None:
    transcript = Transcript(reply_id=7)
    transcript.resume(stream("a")[-1])
    assert transcript.is_over
    assert transcript.tell_whole(text="a", attempt=1, event=Event.DONE, data={}) == b""


def test_the_whole_from_the_database_drops_what_was_told_before() -> None:
    data = Transcript(reply_id=7).tell_whole(text="all", attempt=3, event=Event.STOPPED, data={})
    assert read(data) == [
        ("7:3-0", "start", {"attempt": 3}),
        ("", "delta", {"text": "all"}),
        (f"7:3-{LAST}", "stopped", {}),
    ]


def test_a_connection_that_breaks_behind_the_start_of_the_whole_begins_there_again() -> None:
    entries = stream("One ", "two")
    early = Transcript(reply_id=7)
    had = b"".join(map(early.tell, entries[:2]))
    had += early.tell_whole(text="One two", attempt=1, event=Event.DONE, data={"length": 7}).partition(b"event: delta")[
        0
    ]
    [*_, (last, event, _)] = read(had)
    assert event == "start"
    after = resumed_from(last, reply_id=7)
    assert after
    again = Transcript(reply_id=7)
    rest = read(b"".join(again.tell(each) for each in entries if each.id >= after))
    assert "".join(str(data.get("text", "")) for _, _, data in rest) == "One two"


def test_a_failure_tells_its_code_and_no_text() -> None:
    data = Transcript(reply_id=7).tell_whole(text="", attempt=3, event=Event.ERROR, data={"code": "blocked"})
    assert [event for _, event, _ in read(data)] == ["start", "error"]


@pytest.mark.parametrize("text", ["", "8:1-2", "7", "7:", "7:x", "1-2", "7:1-2:3", "x" * 1000])
def test_an_id_of_something_else_is_the_beginning(text: str) -> None:
    assert resumed_from(text, reply_id=7) is None


def test_any_cuts_and_repeats_give_the_same_text() -> None:
    entries = stream(*(f"{number} " for number in range(50)))
    for _ in range(100):
        text, at = "", 0
        transcript = Transcript(reply_id=7)
        while not transcript.is_over:
            if random.random() < 0.2 and at:
                transcript = Transcript(reply_id=7)
                transcript.resume(entries[at - 1])
            for each in entries[max(0, at - random.randrange(5)) : at + 1]:
                for _, event, data in read(transcript.tell(each)):
                    text += str(data["text"]) if event == "delta" else ""
            at += 1
        assert text == "".join(f"{number} " for number in range(50))
