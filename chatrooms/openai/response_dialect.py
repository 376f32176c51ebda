"""A reply as a response: the object, or the stream of its events, which can be resumed after any of them.

The number of an event says what the client has then: so many characters of the text, with this checksum. A stream can
be resumed by it alone, whatever became of Redis or of the worker meanwhile: if the text of today begins with what the
client has, it goes on from there, and otherwise the stream ends with an error. Two texts are never mixed.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpResponse, JsonResponse

from chatrooms.models import Reply, Status
from chatrooms.openai import errors
from chatrooms.openai.response_object import message, response_id, response_object, text_part
from chatrooms.stream_entries import Entry, Event
from chatrooms.streaming.dialects import Dialect
from config.http.problems import Problem

NAME: Final = "openai.response"

BITS: Final = 32
"""Of the checksum. A text has less than 2^20 characters, so that JavaScript's numbers hold both."""

HEAD: Final = ("response.created", "response.in_progress", "response.output_item.added", "response.content_part.added")
TAIL: Final = ("response.output_text.done", "response.content_part.done", "response.output_item.done")
FINAL: Final = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "cancelled": "response.incomplete",
    "failed": "response.failed",
}
"""OpenAI has no event for a response that was cancelled; its status says so."""


class Held:
    """What the client has of the text: its length, and a checksum of it."""

    def __init__(self, number: int) -> None:
        self.length, self._checksum = number >> BITS, number & (1 << BITS) - 1
        self._attempt: list[str] | None = []
        """The text of the present attempt, until it is known to begin with what the client has."""

    @property
    def number(self) -> int:
        return self.length << BITS | self._checksum

    def add(self, entry: Entry) -> str:
        """Return what an entry adds to what the client has."""
        if entry.event is Event.START:
            self._attempt = []
        if entry.event is not Event.DELTA:
            return ""
        if self._attempt is None:
            return self._take(entry.text)
        self._attempt.append(entry.text)
        return self.rest("".join(self._attempt)) or ""

    def rest(self, text: str) -> str | None:
        """Return what of a text the client does not have; None if it does not begin with what it has."""
        if len(text) < self.length or _checksum(text[: self.length]) != self._checksum:
            return None
        self._attempt = None
        return self._take(text[self.length :])

    def _take(self, text: str) -> str:
        self.length += len(text)
        self._checksum = _checksum(text, self._checksum)
        return text


class ResponseDialect(Dialect):
    """The client has the events up to the number in `options["after"]`; -1 for none."""

    def __init__(self, *, reply: Reply, options: dict[str, Any]) -> None:
        super().__init__(reply=reply, options=options)
        self._after = int(options.get("after", -1))
        self._held = Held(self._after if self._after >= len(HEAD) else 0)

    def begin(self) -> bytes:
        return b"".join([self._event(name, number, **data) for number, (name, data) in enumerate(self._head())])

    def add(self, entry: Entry) -> bytes:
        return self._delta(self._held.add(entry))

    def end(self, reply: Reply) -> bytes:
        if reply.status == Status.FAILED:
            return self._event(FINAL["failed"], self._next_number, response=self._response(reply))
        length, delta = len(reply.content), b""
        first = (length + 1) << BITS
        number = self._after - first
        if 0 <= number <= len(TAIL) and self._held.number == self._after:  # it has some of the last events
            pass
        elif (rest := self._held.rest(reply.content)) is None:
            return self._error(errors.written_anew())
        else:
            delta, number = self._delta(rest), -1
        last = list(enumerate(self._tail(reply)))[number + 1 :]
        return delta + b"".join([self._event(name, first + place, **data) for place, (name, data) in last])

    def broken_off(self, problem: Problem) -> bytes:
        return self._error(errors.broken_off(problem))

    def whole(self, reply: Reply) -> HttpResponse:
        return errors.failure_response(reply) if reply.status == Status.FAILED else JsonResponse(self._response(reply))

    @classmethod
    def refusal(cls, problem: Problem) -> HttpResponse:
        return errors.response_for(problem)

    def _head(self) -> Iterator[tuple[str, dict[str, Any]]]:
        begun = {**self._response(self.reply), "status": "in_progress", "output": [], "usage": None, "error": None}
        begun |= {"completed_at": None, "incomplete_details": None}
        yield HEAD[0], {"response": begun}
        yield HEAD[1], {"response": begun}
        yield HEAD[2], {"output_index": 0, "item": message(self.reply, text="", status="in_progress")}
        yield HEAD[3], {**self._place, "part": text_part("", [])}

    def _tail(self, reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
        response = self._response(reply)
        status = "completed" if response["status"] == "completed" else "incomplete"
        item = message(reply, text=reply.content, status=status)
        yield TAIL[0], {**self._place, "text": reply.content, "logprobs": []}
        yield TAIL[1], {**self._place, "part": (item["content"] or [text_part("", [])])[0]}
        yield TAIL[2], {"output_index": 0, "item": item}
        yield FINAL[response["status"]], {"response": response}

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": f"msg_{self.reply.pk}", "output_index": 0, "content_index": 0}

    def _response(self, reply: Reply) -> dict[str, Any]:
        return response_object(reply, model=str(self.options["model"]))

    def _delta(self, text: str) -> bytes:
        if not text:
            return b""
        return self._event("response.output_text.delta", self._held.number, **self._place, delta=text, logprobs=[])

    @property
    def _next_number(self) -> int:
        return max(self._held.number, len(HEAD) - 1) + 1

    def _error(self, error: dict[str, Any]) -> bytes:
        message_ = f"{error['message']} Retrieve {response_id(self.reply.pk)} for its whole text."
        return self._event("error", self._next_number, code=error["code"], message=message_, param=None)

    def _event(self, kind: str, number: int, **data: Any) -> bytes:
        if number <= self._after:
            return b""
        body = json.dumps({"type": kind, "sequence_number": number, **data}, ensure_ascii=False, separators=(",", ":"))
        return f"id: {number}\nevent: {kind}\ndata: {body}\n\n".encode()


def _checksum(text: str, so_far: int = 0) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"), so_far)
