"""What one client of a stream has been told, and what it has to be told next: server-sent events, exactly once each.

The wire format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse

from chatrooms.redis_stream import ENDS, LAST, Entry, EntryId, Event
from config.http.problems import Problem, render

RETRY: Final = b"retry: 1000\n"
"""Milliseconds after which a browser that lost the connection comes back. A line of the first event's block: some
readers take a block of its own for an empty message."""

PING: Final = b": ping\n\n"


class Gap(Exception):
    """What the client has been told does not lead up to this entry: it has to be told everything anew."""


def event_of(event: Event, data: dict[str, Any], *, place: str = "") -> bytes:
    """Spell one event; JSON has no line breaks of its own, so `data` is one line."""
    line = f"id: {place}\n" if place else ""
    return f"{line}event: {event.value}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def refusal_of(problem: Problem, *, accept: str) -> HttpResponse:
    """How a stream is refused. A browser's EventSource gives up for good at any status but 200, so it gets an event.

    Only where the refusal passes: overload, or an outage.
    """
    passes = problem.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    if not passes or "text/event-stream" not in accept:
        return render(problem)
    pause = f"retry: {round(1000 * (problem.retry_after or 2))}\n".encode()
    event = event_of(Event.ERROR, {"code": problem.code, "final": False})
    response = HttpResponse(pause + event, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def place_of(reply_id: int, entry_id: EntryId) -> str:
    """Return an event's id, which `Last-Event-ID` brings back."""
    return f"{reply_id}:{entry_id}"


def resumed_from(text: str, *, reply_id: int) -> EntryId | None:
    """Read `Last-Event-ID`; None, which is the beginning, if it is malformed or names another reply."""
    reply, _, entry_id = text.partition(":")
    return EntryId.parse(entry_id) if reply == str(reply_id) else None


class Transcript:
    """One client's side of one reply's stream.

    Entries may come twice (from the stream and from its channel) and are told once. `is_over` says that the end has
    been told.
    """

    def __init__(self, *, reply_id: int) -> None:
        self._reply_id = reply_id
        self._last = EntryId(0, 0)
        self._length: int | None = None
        self.is_over = False

    def resume(self, entry: Entry) -> None:
        """Go on behind an entry that the client has been told before."""
        self._last = entry.id
        self._length = entry.offset + len(entry.text)
        self.is_over = entry.event in ENDS

    def tell(self, entry: Entry) -> bytes:
        """Return what to send for an entry; nothing for one that has been told.

        Raises:
            Gap: something before it is missing.
        """
        if self.is_over or entry.id <= self._last:
            return b""
        if entry.event is Event.START:
            self._length = 0
        elif entry.event is Event.DELTA:
            if self._length != entry.offset:
                raise Gap
            self._length += len(entry.text)
        elif entry.event is Event.DONE and self._length != entry.data.get("length"):
            raise Gap
        self._last = entry.id
        self.is_over = entry.event in ENDS
        return event_of(entry.event, _public(entry), place=place_of(self._reply_id, entry.id))

    def tell_whole(self, *, text: str, attempt: int, event: Event, data: dict[str, Any]) -> bytes:
        """Return what to send for a reply that the database has whole: drop everything, the text, the end.

        The start stands before all entries, so that a client that loses the connection behind it begins there again.
        """
        if self.is_over:
            return b""
        self.is_over = True
        end = event_of(event, data, place=place_of(self._reply_id, EntryId(attempt, LAST)))
        start = event_of(Event.START, {"attempt": attempt}, place=place_of(self._reply_id, EntryId(attempt, 0)))
        delta = event_of(Event.DELTA, {"text": text}) if text and event is not Event.ERROR else b""
        return start + delta + end


def _public(entry: Entry) -> dict[str, Any]:
    return {"text": entry.text} if entry.event is Event.DELTA else entry.data
