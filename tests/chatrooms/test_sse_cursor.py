"""What a client is sent: every entry once and in order, or everything again."""

import json
import random

import pytest

from chatrooms.stream_entries import LAST_NUMBER, Entry, EntryId, Event
from chatrooms.streaming.sse import Gap, SseCursor, parse_last_event_id


def entry(attempt_number: int, number: int, event: Event, **data: object) -> Entry:
    return Entry(EntryId(attempt_number, number), event, data)


def stream(*texts: str, attempt: int = 1) -> list[Entry]:
    entries, offset = [entry(attempt, 1, Event.START, attempt=attempt)], 0
    for number, text in enumerate(texts):
        entries.append(entry(attempt, number + 2, Event.DELTA, text=text, offset=offset))
        offset += len(text)
    return [*entries, entry(attempt, LAST_NUMBER, Event.DONE, length=offset)]


def read(data: bytes) -> list[tuple[str, str, dict[str, object]]]:
    found = []
    for block in data.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields.get("id", ""), fields["event"], json.loads(fields["data"])))
    return found


def test_entries_become_events_with_an_id_and_without_offsets() -> None:
    cursor = SseCursor(reply_id=7)
    assert read(b"".join(cursor.render(each) for each in stream("a\nb", "\u2028c"))) == [
        ("7:1-1", "start", {"attempt": 1}),
        ("7:1-2", "delta", {"text": "a\nb"}),
        ("7:1-3", "delta", {"text": "\u2028c"}),
        (f"7:1-{LAST_NUMBER}", "done", {"length": 5}),
    ]
    assert cursor.is_over


def test_an_entry_that_comes_twice_is_sent_once() -> None:
    cursor = SseCursor(reply_id=7)
    entries = stream("a", "b")
    once = b"".join(cursor.render(each) for each in entries)
    assert b"".join(cursor.render(each) for each in entries) == b""
    assert len(read(once)) == 4


def test_a_missing_delta_is_noticed() -> None:
    cursor = SseCursor(reply_id=7)
    start, first, second, done = stream("a", "b")
    cursor.render(start)
    with pytest.raises(Gap):
        cursor.render(second)
    whole = SseCursor(reply_id=7)
    whole.render(start)
    whole.render(first)
    with pytest.raises(Gap):
        whole.render(done)


def test_a_late_delta_of_an_earlier_attempt_is_not_sent() -> None:
    cursor = SseCursor(reply_id=7)
    for each in stream("new", attempt=2)[:2]:
        cursor.render(each)
    assert cursor.render(entry(1, 5, Event.DELTA, text="late", offset=3)) == b""


def test_a_client_that_resumes_is_sent_what_follows() -> None:
    start, first, second, done = stream("a", "b")
    cursor = SseCursor(reply_id=7)
    cursor.resume_after(first)
    assert [event for _, event, _ in read(b"".join(map(cursor.render, [start, first, second, done])))] == [
        "delta",
        "done",
    ]


def test_a_client_that_has_everything_is_sent_nothing() -> None:
    cursor = SseCursor(reply_id=7)
    cursor.resume_after(stream("a")[-1])
    assert cursor.is_over
    assert cursor.render_snapshot(text="a", parts=[], attempt=1, event=Event.DONE, data={}) == b""


def test_a_snapshot_drops_the_text_that_was_sent_before() -> None:
    data = SseCursor(reply_id=7).render_snapshot(text="all", parts=[], attempt=3, event=Event.STOPPED, data={})
    assert read(data) == [
        ("7:3-0", "start", {"attempt": 3}),
        ("", "delta", {"text": "all"}),
        (f"7:3-{LAST_NUMBER}", "stopped", {}),
    ]


def test_a_client_cut_off_after_a_snapshots_start_begins_again() -> None:
    entries = stream("One ", "two")
    early = SseCursor(reply_id=7)
    had = b"".join(map(early.render, entries[:2]))
    snapshot = early.render_snapshot(text="One two", parts=[], attempt=1, event=Event.DONE, data={"length": 7})
    had += snapshot.partition(b"event: delta")[0]
    [*_, (last, event, _)] = read(had)
    assert event == "start"
    after = parse_last_event_id(last, reply_id=7)
    assert after
    again = SseCursor(reply_id=7)
    rest = read(b"".join(again.render(each) for each in entries if each.id >= after))
    assert "".join(str(data.get("text", "")) for _, _, data in rest) == "One two"


def test_a_failure_is_sent_with_its_code_and_no_text() -> None:
    data = SseCursor(reply_id=7).render_snapshot(
        text="", parts=[], attempt=3, event=Event.ERROR, data={"code": "blocked"}
    )
    assert [event for _, event, _ in read(data)] == ["start", "error"]


@pytest.mark.parametrize("text", ["", "8:1-2", "7", "7:", "7:x", "1-2", "7:1-2:3", "x" * 1000])
def test_an_id_of_another_reply_means_the_beginning(text: str) -> None:
    assert parse_last_event_id(text, reply_id=7) is None


def test_any_cuts_and_repetitions_give_the_same_text() -> None:
    entries = stream(*(f"{number} " for number in range(50)))
    for _ in range(100):
        text, at = "", 0
        cursor = SseCursor(reply_id=7)
        while not cursor.is_over:
            if random.random() < 0.2 and at:
                cursor = SseCursor(reply_id=7)
                cursor.resume_after(entries[at - 1])
            for each in entries[max(0, at - random.randrange(5)) : at + 1]:
                for _, event, data in read(cursor.render(each)):
                    text += str(data["text"]) if event == "delta" else ""
            at += 1
        assert text == "".join(f"{number} " for number in range(50))


# --- What a reply holds besides its text ------------------------------------------------------------------------------

THOUGHT = {"text": "Let me think of it"}
SOURCE = {"url": "https://example.com", "title": "Page", "spans": [[0, 2]]}


def with_parts() -> list[Entry]:
    return [
        entry(1, 1, Event.START, attempt=1),
        entry(1, 2, Event.THOUGHT, offset=0, **THOUGHT),
        entry(1, 3, Event.DELTA, offset=0, text="ab"),
        entry(1, 4, Event.SOURCE, offset=2, **SOURCE),
        entry(1, LAST_NUMBER, Event.DONE, length=2),
    ]


@pytest.mark.parametrize("received", range(5))
def test_a_client_resumes_after_any_part(received: int) -> None:
    cursor = SseCursor(reply_id=7)
    if received:
        cursor.resume_after(with_parts()[received - 1])
    sent = read(b"".join(map(cursor.render, with_parts())))
    events = [("start", {"attempt": 1}), ("thought", THOUGHT), ("delta", {"text": "ab"}), ("source", SOURCE)]
    assert [(event, data) for _, event, data in sent] == [*events, ("done", {"length": 2})][received:]


def test_a_part_after_a_missing_delta_is_noticed() -> None:
    cursor = SseCursor(reply_id=7)
    cursor.render(with_parts()[0])
    with pytest.raises(Gap):
        cursor.render(with_parts()[3])


def test_a_snapshot_has_the_parts_around_the_text() -> None:
    parts = [
        {"type": "thought"} | THOUGHT,
        {"type": "text", "start": 0, "end": 2},
        {"type": "source"} | SOURCE,
        {"type": "dropped", "kind": "inline_data", "count": 1},
    ]
    data = SseCursor(reply_id=7).render_snapshot(
        text="ab", parts=parts, attempt=3, event=Event.DONE, data={"length": 2}
    )
    assert [(event, data) for _, event, data in read(data)] == [
        ("start", {"attempt": 3}),
        ("thought", THOUGHT),
        ("delta", {"text": "ab"}),
        ("source", SOURCE),
        ("done", {"length": 2}),
    ]
