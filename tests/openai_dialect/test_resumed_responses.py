"""A client that resumes a response with another text than the stored one never takes it for complete."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from chatrooms.models import Chatroom, Message, Reply, Status
from chatrooms.openai.response_dialect import BITS, ResponseDialect
from chatrooms.stream_entries import Entry, EntryId, Event

TEXT = "abcd"


def reply(**more: Any) -> Reply:
    made = Reply(pk=8, room=Chatroom(pk=3), answers=Message(pk=7), created_at=datetime.now(UTC), **more)
    made.asked = {"repeated": {}}
    return made


def resumed(after: int) -> ResponseDialect:
    return ResponseDialect(reply=reply(status=Status.GENERATING), options={"model": "m", "after": after})


def number_of(text: str) -> int:
    return len(text) << BITS | zlib.crc32(text.encode())


def ended(dialect: ResponseDialect) -> list[dict[str, Any]]:
    done = reply(status=Status.DONE, content=TEXT, finished_at=datetime.now(UTC), finish_reason="stop")
    lines = dialect.end(done).decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def is_rewritten(events: list[dict[str, Any]]) -> bool:
    return [event.get("code") for event in events] == ["reply_rewritten"]


@pytest.mark.parametrize("held", ["vwxyz", "abcde", "vwxy", "uvwxyz", "vw"])
def test_another_text_is_an_error(held: str) -> None:
    assert is_rewritten(ended(resumed(number_of(held))))


def test_another_attempts_text_since_then_is_an_error() -> None:
    dialect = resumed(number_of("ab"))
    dialect.add(Entry(EntryId(1, 1), Event.START, {"attempt": 1}))
    dialect.add(Entry(EntryId(1, 2), Event.DELTA, {"text": "abyz1", "offset": 0}))
    assert is_rewritten(ended(dialect))


@pytest.mark.parametrize("place", range(5))
def test_it_goes_on_within_the_last_events(place: int) -> None:
    after = number_of(TEXT) if place == 0 else ((len(TEXT) + 1) << BITS) + place - 1
    kinds = [event["type"].rsplit(".", 1)[-1] for event in ended(resumed(after))]
    assert len(kinds) == 4 - place
    assert place == 4 or kinds[-1] == "completed"
