"""Server-sent events: what a client of a stream has received, and what it has to be sent next, exactly once.

The wire format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import json
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse

from chatrooms.stream_entries import AFTER_TEXT, END_EVENTS, LAST_NUMBER, PART_EVENTS, Entry, EntryId, Event
from config.http.problems import Problem, render

RETRY: Final = b"retry: 1000\n"
"""Milliseconds until a browser that lost the connection reconnects. A line of the first event's block: some clients
take a block of its own for an empty message."""

PING: Final = b": ping\n\n"


class Gap(Exception):
    """The client has missed something before this entry, so it has to be sent the whole text again."""


def render_event(event: Event, data: dict[str, Any], *, event_id: str = "") -> bytes:
    """Render one event; JSON escapes line breaks, so `data` is one line."""
    line = f"id: {event_id}\n" if event_id else ""
    return f"{line}event: {event.value}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def refusal_response(problem: Problem, *, accept: str) -> HttpResponse:
    """Return the response that refuses a stream.

    A browser's EventSource never reconnects after a status other than 200. So a temporary refusal (429, 503) reaches
    it as an event.
    """
    is_temporary = problem.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    if not is_temporary or "text/event-stream" not in accept:
        return render(problem)
    retry = f"retry: {round(1000 * (problem.retry_after or 2))}\n".encode()
    event = render_event(Event.ERROR, {"code": problem.code, "final": False})
    response = HttpResponse(retry + event, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response


def event_id_of(reply_id: int, entry_id: EntryId) -> str:
    """Return an event's id, which the client sends back as `Last-Event-ID`."""
    return f"{reply_id}:{entry_id}"


def parse_last_event_id(text: str, *, reply_id: int) -> EntryId | None:
    """Parse `Last-Event-ID`; None, which means from the beginning, if it is malformed or names another reply."""
    reply, _, entry_id = text.partition(":")
    return EntryId.parse(entry_id) if reply == str(reply_id) else None


class Position:
    """How far one client has come in one reply's stream.

    An entry may arrive twice (from the stream and from its channel) and counts once. `is_over` says that the end was
    reached.
    """

    def __init__(self) -> None:
        self._last = EntryId(0, 0)
        self._length: int | None = None
        self.is_over = False

    def advance(self, entry: Entry) -> bool:
        """Take an entry; False for one that came before.

        Raises:
            Gap: something before it is missing.
        """
        if self.is_over or entry.id <= self._last:
            return False
        if entry.event is Event.START:
            self._length = 0
        elif entry.event is Event.DELTA or entry.event in PART_EVENTS:
            if self._length != entry.offset:
                raise Gap
            self._length = entry.length_after
        elif entry.event is Event.DONE and self._length != entry.data.get("length"):
            raise Gap
        self._last = entry.id
        self.is_over = entry.event in END_EVENTS
        return True


class SseCursor(Position):
    """How far one client has come, and what it is sent in our own format."""

    def __init__(self, *, reply_id: int) -> None:
        super().__init__()
        self._reply_id = reply_id

    def resume_after(self, entry: Entry) -> None:
        """Continue after an entry that the client has received before."""
        self._last = entry.id
        self._length = entry.length_after
        self.is_over = entry.event in END_EVENTS

    def render(self, entry: Entry) -> bytes:
        """Return what to send for an entry; nothing for one that was sent before.

        Raises:
            Gap: something before it is missing.
        """
        if not self.advance(entry):
            return b""
        if not entry.rendered:
            event_id = event_id_of(self._reply_id, entry.id)
            entry.rendered = render_event(entry.event, _public_data(entry), event_id=event_id)
        return entry.rendered

    def render_snapshot(
        self, *, text: str, parts: list[dict[str, Any]], attempt: int, event: Event, data: dict[str, Any]
    ) -> bytes:
        """Return what to send for a final reply from the database: a start, the parts and the whole text, the end.

        The start's id is below those of all entries, so a client that loses the connection after it begins again.
        """
        if self.is_over:
            return b""
        self.is_over = True
        end = render_event(event, data, event_id=event_id_of(self._reply_id, EntryId(attempt, LAST_NUMBER)))
        start_id = event_id_of(self._reply_id, EntryId(attempt, 0))
        start = render_event(Event.START, {"attempt": attempt}, event_id=start_id)
        delta = render_event(Event.DELTA, {"text": text}) if text and event is not Event.ERROR else b""
        shown = [part for part in parts if part["type"] in PART_EVENTS]
        before = [_render_part(part) for part in shown if part["type"] not in AFTER_TEXT]
        after = [_render_part(part) for part in shown if part["type"] in AFTER_TEXT]
        return b"".join([start, *before, delta, *after, end])


def _render_part(part: dict[str, Any]) -> bytes:
    return render_event(Event(part["type"]), {name: value for name, value in part.items() if name != "type"})


def _public_data(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in entry.data.items() if name != "offset"}
