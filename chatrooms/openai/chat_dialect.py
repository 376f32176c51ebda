"""A reply as a chat completion: `chat.completion`, or a stream of `chat.completion.chunk`."""

import json
from typing import Any, Final

from django.http import HttpResponse, JsonResponse

from chatrooms.models import Reply, Status
from chatrooms.openai import errors, usage
from chatrooms.stream_entries import Entry
from chatrooms.streaming.dialects import Dialect
from chatrooms.streaming.sent_text import SentText
from config.http.problems import Problem
from gemini.types import FinishReason

NAME: Final = "openai.chat"

DONE: Final = b"data: [DONE]\n\n"


class ChatDialect(Dialect):
    """Text that was sent cannot be taken back, so a new attempt goes on only where it begins with that text.

    Otherwise the stream ends with an error, and the client raises: two texts are never mixed.
    """

    def __init__(self, *, reply: Reply, options: dict[str, Any]) -> None:
        super().__init__(reply=reply, options=options)
        self._sent = SentText()

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": ""})

    def add(self, entry: Entry) -> bytes:
        text = self._sent.add(entry)
        return self._chunk({"content": text}) if text else b""

    def end(self, reply: Reply) -> bytes:
        if reply.status == Status.FAILED:
            return _event({"error": errors.failure_of(reply)[1]})
        rest = self._sent.rest(reply.content)
        if rest is None:
            return _event({"error": errors.written_anew()})
        chunks = [self._chunk({"content": rest})] if rest else []
        chunks.append(self._chunk({}, finish_reason=finish_reason(reply)))
        if self.options.get("usage"):
            chunks.append(_event(self._named([], usage.of_completion(reply))))
        return b"".join([*chunks, DONE])

    def broken_off(self, problem: Problem) -> bytes:
        return _event({"error": errors.broken_off(problem)})

    def whole(self, reply: Reply) -> HttpResponse:
        if reply.status == Status.FAILED:
            return errors.failure_response(reply)
        message: dict[str, Any] = {"role": "assistant", "content": reply.content, "refusal": None, "annotations": []}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(reply)}
        named = {"id": completion_id(reply.pk), "object": "chat.completion", "created": self._created}
        body = {**named, "model": self._model, "choices": [choice], "usage": usage.of_completion(reply)}
        return JsonResponse(body)

    @classmethod
    def refusal(cls, problem: Problem) -> HttpResponse:
        return errors.response_for(problem)

    @property
    def _created(self) -> int:
        return int(self.reply.created_at.timestamp())

    @property
    def _model(self) -> str:
        return str(self.options["model"])

    def _chunk(self, delta: dict[str, Any], *, finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event(self._named([choice], None))

    def _named(self, choices: list[dict[str, Any]], used: dict[str, Any] | None) -> dict[str, Any]:
        """A chunk; with `include_usage` each has the member `usage`, which is null in all but the last one."""
        chunk = {
            "id": completion_id(self.reply.pk),
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._model,
            "choices": choices,
        }
        return {**chunk, "usage": used} if self.options.get("usage") else chunk


def completion_id(reply_id: int) -> str:
    return f"chatcmpl-{reply_id}"


def finish_reason(reply: Reply) -> str:
    """A reply that was stopped ends like one that is complete: OpenAI has no word for it."""
    return "length" if reply.finish_reason == FinishReason.MAX_TOKENS else "stop"


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
