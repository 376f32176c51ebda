"""Whatever happens to a reply, each event is one of the `openai` package's models, and the text is the stored one."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pydantic
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from chatrooms.models import Chatroom, Message, Reply, Status
from chatrooms.openai.chat_dialect import ChatDialect
from chatrooms.openai.response_dialect import ResponseDialect
from chatrooms.openai.response_object import response_object
from chatrooms.stream_entries import DISCARD_NUMBER, Entry, EntryId, Event
from gemini.exceptions import codes

RUNS = 1000
"""Of each dialect."""

LETTERS = ["a", "b", " ", "\n", "\u0939\u093f", "\U0001f600", "\u2028", '"', "\\", "\ud83d"]
EVENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(ResponseStreamEvent)


def texts(chance: random.Random) -> list[str]:
    """The chunks of an attempt; few letters, so that attempts often begin alike."""
    return ["".join(chance.choices(LETTERS[:9], k=chance.randint(1, 6))) for _ in range(chance.randint(0, 8))]


class Run:
    """One reply: its attempts, each of which may be cut off, and its end."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.attempts: list[list[str]] = [texts(chance)]
        for _ in range(chance.choice([0, 0, 1, 2])):
            again = self.attempts[0] if chance.random() < 0.7 else texts(chance)
            self.attempts[-1] = self.attempts[-1][: chance.randint(0, 8)]
            self.attempts.append(list(again))
        self.status = chance.choice([Status.DONE, Status.DONE, Status.STOPPED, Status.FAILED])
        if self.status == Status.STOPPED:
            self.attempts[-1] = self.attempts[-1][: chance.randint(0, 8)]
        self.text = "" if self.status == Status.FAILED else "".join(self.attempts[-1])

    def has_written(self, text: str) -> bool:
        """Whether one attempt alone has written it."""
        return any("".join(chunks).startswith(text) for chunks in self.attempts)

    def entries(self) -> Iterator[Entry]:
        for number, chunks in enumerate(self.attempts, 1):
            yield Entry(EntryId(number, 1), Event.START, {"attempt": number})
            offset = 0
            for place, chunk in enumerate(chunks, 2):
                if self.chance.random() < 0.2:
                    yield Entry(EntryId(number, place), Event.THOUGHT, {"text": "Hm", "offset": offset})
                yield Entry(EntryId(number, place), Event.DELTA, {"text": chunk, "offset": offset})
                offset += len(chunk)
            if number < len(self.attempts) and self.chance.random() < 0.5:
                yield Entry(EntryId(number, DISCARD_NUMBER), Event.START, {"attempt": number, "retry": "rate_limited"})

    def reply(self, *, is_final: bool) -> Reply:
        now = datetime.now(UTC)
        reply = Reply(
            pk=8, room=Chatroom(pk=3), answers=Message(pk=7), created_at=now, status=Status.GENERATING, lease_until=now
        )
        reply.asked = {"temperature": 0.5, "repeated": {"background": True, "metadata": {"a": "b"}}}
        if is_final:
            reply.status, reply.content, reply.finished_at, reply.lease_until = self.status, self.text, now, None
            reply.error = self.chance.choice(sorted(codes())) if self.status == Status.FAILED else ""
            reply.finish_reason = self.chance.choice(["stop", "max_tokens"]) if self.status == Status.DONE else ""
            reply.prompt_tokens, reply.output_tokens = self.chance.choice([(3, 5), (None, None)])
            if self.text and self.chance.random() < 0.3:
                source = {"type": "source", "url": "https://example.com", "title": "Page", "spans": [[0, 1]]}
                reply.parts = [source]
        return reply


def exact(model: Any, value: Any) -> None:
    """Fail if a parsed object has members that its model does not name, at any depth."""
    if isinstance(model, pydantic.BaseModel):
        assert not model.model_extra, (type(model), model.model_extra)
        for name in type(model).model_fields:
            exact(getattr(model, name), None)
    elif isinstance(model, list):
        for each in model:
            exact(each, None)


def events_in(data: bytes) -> list[dict[str, Any]]:
    found = []
    for block in data.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append({} if fields["data"] == "[DONE]" else json.loads(fields["data"]))
    return found


@pytest.mark.parametrize("seed", range(10))
def test_chat_chunks_are_valid_and_the_text_is_the_stored_one(seed: int) -> None:
    for number in range(RUNS // 10):
        run = Run(random.Random(f"{seed}/{number}"))
        dialect = ChatDialect(reply=run.reply(is_final=False), options={"stream": True, "usage": True, "model": "m"})
        data = dialect.begin() + b"".join(map(dialect.add, run.entries()))
        final = run.reply(is_final=True)
        *chunks, last = events_in(data + dialect.end(final))
        for chunk in chunks:
            exact(ChatCompletionChunk.model_validate(chunk, strict=True), chunk)
        received = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk["choices"])
        assert run.has_written(received), "two attempts are mixed"
        if run.status == Status.FAILED:
            assert last["error"]["code"]
        elif last:
            assert last["error"]["code"] == "reply_rewritten"
            assert not run.text.startswith(received)
        else:
            assert received == run.text
            assert chunks[-1]["choices"] == []
            assert chunks[-2]["choices"][0]["finish_reason"] in ("stop", "length")
        if run.status != Status.FAILED:
            whole = json.loads(dialect.whole(final).content)
            exact(ChatCompletion.model_validate(whole, strict=True), whole)
            assert whole["choices"][0]["message"]["content"] == run.text


@pytest.mark.parametrize("seed", range(10))
def test_response_events_are_valid_wherever_they_are_resumed(seed: int) -> None:
    for number in range(RUNS // 10):
        chance = random.Random(f"{seed}/{number}")
        run = Run(chance)
        entries, final = list(run.entries()), run.reply(is_final=True)
        received: list[dict[str, Any]] = []
        is_over = False
        while not is_over:
            after = received[-1]["sequence_number"] if received else -1
            first = run.reply(is_final=False)
            dialect = ResponseDialect(reply=first, options={"stream": True, "model": "m", "after": after})
            # A client that connects again is sent what Redis has, from the beginning of an attempt; or it is cut off.
            start = max(
                [place for place, entry in enumerate(entries) if entry.event is Event.START and chance.random() < 0.6],
                default=0,
            )
            data = dialect.begin() + b"".join(map(dialect.add, entries[start:]))
            is_over = chance.random() < 0.5
            sent = events_in(data + (dialect.end(final) if is_over else b""))
            received += sent if is_over else sent[: chance.randint(0, len(sent))]
        for event in received:
            exact(EVENT.validate_python(event), event)
        numbers = [event["sequence_number"] for event in received]
        assert numbers == sorted(set(numbers))
        text = "".join(event["delta"] for event in received if event["type"] == "response.output_text.delta")
        last = received[-1]
        assert run.has_written(text), "two attempts are mixed"
        if run.status == Status.FAILED:
            assert last["type"] == "response.failed"
        elif last["type"] == "error":
            assert last["code"] == "reply_rewritten"
            assert not run.text.startswith(text)
        else:
            assert text == run.text
            assert "".join(part["text"] for item in last["response"]["output"] for part in item["content"]) == text


def test_responses_are_valid_in_every_state() -> None:
    for number in range(200):
        run = Run(random.Random(f"whole/{number}"))
        for is_final in (False, True):
            shown = json.loads(json.dumps(response_object(run.reply(is_final=is_final), model="m")))
            exact(Response.model_validate(shown), shown)
