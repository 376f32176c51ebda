"""What a client of the AI SDK is sent of one reply, chunk by chunk."""

from typing import Any

import pytest

from chatrooms.models import Reply
from chatrooms.stream_entries import Event
from chatrooms.ui_messages.chunks import Chunk, MessageChunks
from chatrooms.ui_messages.parts import Part

SOURCE = {"url": "https://example.com", "title": "A page", "spans": [[0, 1]]}


def text(*pieces: str) -> list[Part]:
    return [Part(Event.DELTA, piece) for piece in pieces]


def stream(*attempts: list[Part], resets: bool = False, **reply: Any) -> list[Chunk]:
    """All chunks after the start; the attempts come one after the other."""
    made = MessageChunks(message_id="8", metadata={"replyId": 8}, resets=resets)
    assert made.begin() == [
        {"type": "start", "messageId": "8", "messageMetadata": {"replyId": 8}},
        {"type": "start-step"},
    ]
    chunks = []
    for attempt in attempts:
        made.restart()
        chunks += [chunk for part in attempt for chunk in made.add(part)]
    values = {"status": "done", "finish_reason": "stop", "model": "m", **reply}
    return [*chunks, *made.end(Reply(**values))]


def kinds(chunks: list[Chunk]) -> list[str]:
    return [chunk["type"] for chunk in chunks]


def shown(chunks: list[Chunk]) -> str:
    """The text of the last step."""
    steps = [number for number, chunk in enumerate(chunks) if chunk["type"] in ("start-step", "reset-step")]
    last = chunks[steps[-1] :] if steps else chunks
    return "".join(chunk["delta"] for chunk in last if chunk["type"] == "text-delta")


def test_a_text_is_one_part() -> None:
    assert stream(text("a", "b"), content="ab") == [
        {"type": "text-start", "id": "text-1"},
        {"type": "text-delta", "id": "text-1", "delta": "a"},
        {"type": "text-delta", "id": "text-1", "delta": "b"},
        {"type": "text-end", "id": "text-1"},
        {"type": "finish-step"},
        {
            "type": "finish",
            "finishReason": "stop",
            "messageMetadata": {"status": "done", "model": "m", "usage": {}},
        },
    ]


def test_thoughts_code_and_sources_are_parts_in_order() -> None:
    parts = [
        Part(Event.THOUGHT, "Hm"),
        Part(Event.CODE, "1 +"),
        Part(Event.CODE, " 1"),
        Part(Event.CODE_RESULT, "2"),
        *text("Two"),
        Part(Event.SOURCE, data=SOURCE),
        Part(Event.SEARCH_SUGGESTIONS, data={"html": "<b>"}),
    ]
    after = [{"type": "source", **SOURCE}, {"type": "search_suggestions", "html": "<b>"}]
    chunks = stream(parts, content="Two", parts=[{"type": "text", "start": 0, "end": 3}, *after])
    assert chunks[:3] == [
        {"type": "reasoning-start", "id": "reasoning-1"},
        {"type": "reasoning-delta", "id": "reasoning-1", "delta": "Hm"},
        {"type": "reasoning-end", "id": "reasoning-1"},
    ]
    assert chunks[3:6] == [
        {"type": "data-code", "id": "data-code-2", "data": {"text": "1 +"}},
        {"type": "data-code", "id": "data-code-2", "data": {"text": "1 + 1"}},
        {"type": "data-code-result", "id": "data-code-result-3", "data": {"text": "2"}},
    ]
    [source] = [chunk for chunk in chunks if chunk["type"] == "source-url"]
    spans = {"kuvaka": {"spans": [[0, 1]]}}
    assert source == {
        "type": "source-url", "sourceId": "source-5", "url": SOURCE["url"], "title": "A page", "providerMetadata": spans
    }  # fmt: skip
    assert chunks[-3]["data"] == {"html": "<b>"}


def test_another_text_begins_another_step() -> None:
    chunks = stream(text("One", " two"), text("One", " three"), content="One three")
    assert kinds(chunks)[:8] == [
        *("text-start", "text-delta", "text-delta", "text-end", "finish-step", "start-step"),
        *("text-start", "text-delta"),
    ]
    assert shown(chunks) == "One three"


def test_a_client_that_knows_reset_step_drops_the_former_text() -> None:
    chunks = stream(text("One", " two"), text("One", " three"), resets=True, content="One three")
    assert kinds(chunks).count("reset-step") == 1
    assert "start-step" not in kinds(chunks)
    assert shown(chunks) == "One three"


@pytest.mark.parametrize("resets", [False, True])
def test_the_same_text_again_is_not_sent_again(resets: bool) -> None:
    chunks = stream(text("One", " two"), text("One t", "wo", " three"), resets=resets, content="One two three")
    assert [chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta"] == ["One", " two", " three"]
    assert kinds(chunks).count("text-start") == 1


def test_a_shorter_text_than_was_shown_replaces_it() -> None:
    chunks = stream(text("One", " two"), text("One"), resets=True, content="One")
    assert "reset-step" in kinds(chunks)
    assert shown(chunks) == "One"


def test_the_database_completes_what_was_not_sent() -> None:
    chunks = stream(text("One"), content="One two", parts=[{"type": "source", **SOURCE}])
    assert shown(chunks) == "One two"
    assert kinds(chunks).count("source-url") == 1
    whole = stream(content="One", parts=[{"type": "thought", "text": "Hm"}, {"type": "text", "start": 0, "end": 3}])
    assert kinds(whole)[:4] == ["reasoning-start", "reasoning-delta", "reasoning-end", "text-start"]


@pytest.mark.parametrize("resets", [False, True])
def test_a_failed_reply_ends_with_its_code(resets: bool) -> None:
    chunks = stream(text("One"), resets=resets, status="failed", error="provider_timeout", finish_reason="")
    assert {"type": "error", "errorText": "provider_timeout"} in chunks
    assert ("reset-step" in kinds(chunks)) is resets  # a failed reply has no text
    assert chunks[-1]["finishReason"] == "error"


def test_a_stopped_reply_ends_with_abort() -> None:
    chunks = stream(text("One"), status="stopped", content="One", finish_reason="")
    assert kinds(chunks)[-3:] == ["finish-step", "message-metadata", "abort"]
    assert chunks[-2]["messageMetadata"]["status"] == "stopped"


def test_usage_has_the_names_of_the_sdk() -> None:
    counts = {"prompt_tokens": 10, "tool_tokens": 5, "output_tokens": 7, "thought_tokens": 3, "cached_tokens": 2}
    chunks = stream(text("a"), content="a", finish_reason="max_tokens", **counts)
    assert chunks[-1]["finishReason"] == "length"
    assert chunks[-1]["messageMetadata"]["usage"] == {
        "inputTokens": 15, "outputTokens": 7, "totalTokens": 22, "reasoningTokens": 3, "cachedInputTokens": 2,
    }  # fmt: skip


def test_a_stream_that_breaks_off_says_why_and_ends_its_part() -> None:
    made = MessageChunks(message_id="8", metadata={}, resets=False)
    made.begin()
    made.add(Part(Event.DELTA, "One"))
    assert made.broken_off("stream_unavailable") == [
        {"type": "text-end", "id": "text-1"},
        {"type": "error", "errorText": "stream_unavailable"},
    ]
