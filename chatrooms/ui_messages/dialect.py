"""A reply as a UI message stream: server-sent events whose data are chunks, and `[DONE]` at the end."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse

from chatrooms.models import Reply
from chatrooms.stream_entries import Entry, Event
from chatrooms.streaming.dialects import Dialect
from chatrooms.ui_messages.chunks import Chunk, MessageChunks
from chatrooms.ui_messages.parts import Part
from config.http.problems import InternalError, Problem

NAME: Final = "ai.ui"

DONE: Final = b"data: [DONE]\n\n"


class UiMessageDialect(Dialect):
    """Its option `resets` says whether the client knows `reset-step`."""

    def __init__(self, *, reply: Reply, options: Mapping[str, Any]) -> None:
        super().__init__(reply=reply, options=options)
        ids = {"chatroomId": reply.room_id, "messageId": reply.answers_id, "replyId": reply.pk}
        self._chunks = MessageChunks(message_id=str(reply.pk), metadata=ids, resets=bool(options.get("resets")))

    @property
    def is_streamed(self) -> bool:
        return True

    def headers(self) -> Mapping[str, str]:
        return {"x-vercel-ai-ui-message-stream": "v1"}

    def begin(self) -> bytes:
        return _events(self._chunks.begin())

    def add(self, entry: Entry) -> bytes:
        if entry.event is Event.START:
            self._chunks.restart()
            return b""
        return _events(self._chunks.add(Part.of(entry)))

    def end(self, reply: Reply) -> bytes:
        return _events(self._chunks.end(reply)) + DONE

    def broken_off(self, problem: Problem) -> bytes:
        return _events(self._chunks.broken_off(problem.code)) + DONE

    def whole(self, reply: Reply) -> HttpResponse:
        raise InternalError  # it is always streamed


def _events(chunks: list[Chunk]) -> bytes:
    lines = [f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n" for chunk in chunks]
    return "".join(lines).encode()
