"""The chunks of a UI message stream, made of a reply's entries.

What a chunk may be, `uiMessageChunkSchema` of the npm package `ai` says; tests hold every chunk to it. A reply is one
message with one step for each attempt whose text a client has seen: the text parts of the last step are the reply.
"""

from typing import Any, Final

from chatrooms.models import Reply, Status
from chatrooms.stream_entries import AFTER_TEXT, Event
from chatrooms.ui_messages.parts import Part, extend, parts_of, rest, text_of
from gemini.types import FinishReason

Chunk = dict[str, Any]

STREAMED: Final = {Event.DELTA: "text", Event.THOUGHT: "reasoning"}
"""Parts with a start, deltas and an end of their own."""

DATA: Final = {
    Event.CODE: "data-code",
    Event.CODE_RESULT: "data-code-result",
    Event.SEARCH_SUGGESTIONS: "data-search-suggestions",
}
"""Parts that the SDK has no name for."""

FINISH_REASONS: Final = {FinishReason.STOP.value: "stop", FinishReason.MAX_TOKENS.value: "length"}


class MessageChunks:
    """Makes the chunks for one client.

    When another attempt begins, or all entries come again after a gap, the client is sent nothing as long as they say
    what it has already. Only if they say something else does another step begin.

    Args:
        message_id: the id of the message at the client.
        metadata: of its first chunk.
        resets: whether the client knows `reset-step`, so that what does not count any more disappears. Otherwise it
            stays, in a step before the last.
    """

    def __init__(self, *, message_id: str, metadata: dict[str, Any], resets: bool) -> None:
        self._message_id, self._metadata, self._resets = message_id, metadata, resets
        self._shown: list[Part] = []
        self._told: list[Part] | None = None
        """The parts since the last start, while `_shown` begins with them; None if they are what is shown."""
        self._open: Part | None = None
        self._number = 0

    def begin(self) -> list[Chunk]:
        """What opens the stream."""
        start = {"type": "start", "messageId": self._message_id, "messageMetadata": self._metadata}
        return [start, {"type": "start-step"}]

    def restart(self) -> None:
        """Take that the reply begins again."""
        self._told = [] if self._shown else None

    def add(self, part: Part) -> list[Chunk]:
        """Take what the reply goes on with."""
        if self._told is None:
            extend(self._shown, part)
            return self._written(part)
        extend(self._told, part)
        if rest(self._shown, self._told) is not None:
            return []
        return self._replaced_by(self._told)

    def end(self, reply: Reply) -> list[Chunk]:
        """What is left to send of a reply that has ended. Its row decides what the text is."""
        failed = reply.status == Status.FAILED
        chunks = self._without_text() if failed else self._completed(parts_of(reply))
        chunks += self._closed()
        metadata = _metadata_of(reply)
        if failed:
            chunks.append({"type": "error", "errorText": reply.error})
        chunks.append({"type": "finish-step"})
        if reply.status == Status.STOPPED:
            return [*chunks, {"type": "message-metadata", "messageMetadata": metadata}, {"type": "abort"}]
        reason = "error" if failed else FINISH_REASONS.get(reply.finish_reason, "other")
        return [*chunks, {"type": "finish", "finishReason": reason, "messageMetadata": metadata}]

    def broken_off(self, code: str) -> list[Chunk]:
        """What ends a stream whose reply has not ended."""
        return [*self._closed(), {"type": "error", "errorText": code}]

    def _completed(self, parts: list[Part]) -> list[Chunk]:
        """What makes the client's text the stored one, with the parts that come after it.

        Thoughts and code are not compared: a long one is stored only in part.
        """
        missing = rest(parts, self._shown)
        text, shown = text_of(parts), text_of(self._shown)
        known = [part for part in self._shown if part.kind in AFTER_TEXT]
        if missing is None and text.startswith(shown) and all(part in parts for part in known):
            after = [part for part in parts if part.kind in AFTER_TEXT and part not in known]
            missing = [Part(Event.DELTA, text[len(shown) :]), *after]
        if missing is None:
            return self._replaced_by(parts)
        return [chunk for part in missing for chunk in self._written(part)]

    def _without_text(self) -> list[Chunk]:
        """A failed reply has no text."""
        return [*self._closed(), {"type": "reset-step"}] if self._resets and self._shown else []

    def _replaced_by(self, parts: list[Part]) -> list[Chunk]:
        """What makes the client show these parts: the rest of them, or all of them in another step."""
        missing = rest(parts, self._shown)
        chunks = []
        if missing is None:
            missing, chunks = parts, self._closed()
            chunks += [{"type": "reset-step"}] if self._resets else [{"type": "finish-step"}, {"type": "start-step"}]
        self._shown, self._told = [Part(part.kind, part.text, part.data) for part in parts], None
        return [*chunks, *(chunk for part in missing for chunk in self._written(part))]

    def _written(self, part: Part) -> list[Chunk]:
        if part.kind not in STREAMED:
            return [*self._closed_unless(part), self._data_chunk(part)]
        if not part.text:
            return []
        chunks = self._closed_unless(part)
        name = STREAMED[part.kind]
        if self._open is None:
            self._open = Part(part.kind)
            chunks.append({"type": f"{name}-start", "id": self._next_id(name)})
        return [*chunks, {"type": f"{name}-delta", "id": self._id(name), "delta": part.text}]

    def _data_chunk(self, part: Part) -> Chunk:
        if part.kind is Event.SOURCE:
            return self._source_chunk(part)
        name = DATA[part.kind]
        if part.kind is Event.SEARCH_SUGGESTIONS:
            return {"type": name, "id": self._next_id(name), "data": dict(part.data)}
        if self._open is None:
            self._open = Part(part.kind)
            self._next_id(name)
        self._open.text += part.text
        return {"type": name, "id": self._id(name), "data": {"text": self._open.text}}

    def _source_chunk(self, part: Part) -> Chunk:
        chunk = {"type": "source-url", "sourceId": self._next_id("source"), "url": part.data["url"]}
        if title := part.data.get("title"):
            chunk["title"] = title
        return chunk | {"providerMetadata": {"kuvaka": {"spans": part.data.get("spans", [])}}}

    def _closed_unless(self, part: Part) -> list[Chunk]:
        return [] if self._open and self._open.kind is part.kind else self._closed()

    def _closed(self) -> list[Chunk]:
        closed, self._open = self._open, None
        if closed is None or closed.kind not in STREAMED:
            return []
        name = STREAMED[closed.kind]
        return [{"type": f"{name}-end", "id": self._id(name)}]

    def _next_id(self, name: str) -> str:
        self._number += 1
        return self._id(name)

    def _id(self, name: str) -> str:
        return f"{name}-{self._number}"


def _metadata_of(reply: Reply) -> dict[str, Any]:
    """What the last chunk says of the reply, in the SDK's names."""
    counts = {
        "inputTokens": _sum(reply.prompt_tokens, reply.tool_tokens),
        "outputTokens": reply.output_tokens,
        "totalTokens": _sum(reply.prompt_tokens, reply.tool_tokens, reply.output_tokens),
        "reasoningTokens": reply.thought_tokens,
        "cachedInputTokens": reply.cached_tokens,
    }
    usage = {name: count for name, count in counts.items() if count is not None}
    return {"status": reply.status, "model": reply.model, "usage": usage}


def _sum(*counts: int | None) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
