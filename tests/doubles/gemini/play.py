"""One reply of the double, event by event."""

import asyncio
import base64
import itertools
import json
from typing import Any

from tests.doubles.gemini import payloads
from tests.doubles.gemini.behaviour import Behaviour
from tests.doubles.gemini.dialects import BEGIN, END, in_dialect
from tests.doubles.gemini.http import Exchange, Request
from tests.doubles.gemini.ledger import Call, last_message

CHARACTERS_PER_TOKEN = 4
THINKING = {"MINIMAL": 8, "LOW": 40, "MEDIUM": 120, "HIGH": 400, "XHIGH": 1_200}
"""Tokens by level; models think unless they are told not to."""
HANG_SECONDS = 3600
DRIP_SECONDS = 0.05
HOLD_SECONDS = 20
"""Between the blank lines of a held reply: below every timeout between two reads."""
HOLD_POLLS = 400


class Play:
    """One reply, in the order and with the faults of its behaviour."""

    def __init__(
        self, behaviour: Behaviour, call: Call, exchange: Exchange, request: Request, released: asyncio.Event
    ) -> None:
        self._behaviour = behaviour
        self._released = released
        self._call = call
        self._exchange = exchange
        self._streamed = call.method == "streamGenerateContent"
        self._sse = request.query.get("alt") == "sse"
        self._numbers = "enum-encoding=int" in request.query.get("$alt", "")
        self._sent = 0

    async def run(self) -> None:
        events = self._events()
        if not self._streamed:
            await self._exchange.respond_json(status=200, body=payloads.whole_reply(events))
            return
        tier = f"x-gemini-service-tier: {self._behaviour.service_tier}"
        await self._exchange.begin_stream(content_type=self._content_type(), headers=[tier])
        if self._sse:
            await self._exchange.send_blocks(BEGIN.get(self._behaviour.dialect, ()))
        for event in events[:-1]:
            await self._send(event)
            await self._exchange.pause(self._behaviour.delay)
        await self._fault()
        if self._behaviour.fault not in {"eof", "error"}:
            await self._send(events[-1])
        if self._sse:
            await self._exchange.send_blocks(END.get(self._behaviour.dialect, ()))
        else:
            await self._exchange.send_block(b"]" if self._sent else b"[]")
        await self._exchange.end_stream()

    def _events(self) -> list[dict[str, Any]]:
        """Return the events of the reply; the last one ends it."""
        if self._behaviour.block:
            return [payloads.blocked_event(reason=self._behaviour.block, **self._envelope(""))]
        text, finish = self._within_limit(_text(behaviour=self._behaviour, call=self._call))
        if self._behaviour.hops:
            text, finish = self._hop(text)
        chunks = _chunks(_in_units(text) if self._behaviour.units else text, self._behaviour.chunks)
        chunks = chunks[: self._behaviour.after]
        counted = not self._behaviour.counts_last
        end_counted = not self._behaviour.uncounted_end
        events = [
            payloads.text_event(text=chunk, **self._envelope("".join(chunks[: number + 1]), counted=counted))
            for number, chunk in enumerate(chunks)
        ]
        end = payloads.end_event(finish=finish, **self._envelope("".join(chunks), counted=end_counted))
        if finish == "CONTINUATION":
            end["candidates"][0]["continuationToken"] = base64.b64encode(b"%d" % (self._hops_done + 1)).decode()
        return [*self._thoughts(), *events, *self._parts(), *self._grounding(), end]

    def _within_limit(self, text: str) -> tuple[str, str]:
        """The part of the text that fits beside the thinking, and how the reply then ends."""
        left = self._call.generation_config.get("maxOutputTokens", 65_536) - self._thinking
        if self._behaviour.size or len(text) // CHARACTERS_PER_TOKEN <= left:
            return text, self._behaviour.finish
        return text[: max(0, left) * CHARACTERS_PER_TOKEN], "MAX_TOKENS"

    def _hop(self, text: str) -> tuple[str, str]:
        """This request's share of a reply that takes several."""
        step = -(-len(text) // (self._behaviour.hops + 1))
        part = text[self._hops_done * step :][:step]
        return part, "CONTINUATION" if self._hops_done < self._behaviour.hops else self._behaviour.finish

    @property
    def _hops_done(self) -> int:
        return int(base64.b64decode(self._call.continuation_token or "MA=="))

    @property
    def _thinking(self) -> int:
        """Tokens of thinking."""
        if self._behaviour.thoughts is not None:
            return self._behaviour.thoughts
        config = self._call.generation_config.get("thinkingConfig", {})
        if config.get("thinkingBudget") == 0:
            return 0
        return THINKING[config.get("thinkingLevel", "MEDIUM").upper()]

    def _thoughts(self) -> list[dict[str, Any]]:
        asked = self._call.generation_config.get("thinkingConfig", {}).get("includeThoughts")
        if not (asked and self._behaviour.show_thoughts):
            return []
        return [payloads.part_event({"text": self._behaviour.show_thoughts, "thought": True}, **self._envelope(""))]

    def _parts(self) -> list[dict[str, Any]]:
        return [payloads.part_event(part, **self._envelope("", counted=False)) for part in self._behaviour.parts]

    def _grounding(self) -> list[dict[str, Any]]:
        if not self._call.searches:
            return []
        return [
            payloads.grounding_event(number, tuple(source), **self._envelope("", counted=False))
            for number, source in enumerate(self._behaviour.ground)
        ]

    def _envelope(self, text: str, *, counted: bool = True) -> dict[str, Any]:
        return {
            "usageMetadata": payloads.usage(
                prompt_tokens=prompt_tokens(self._call),
                output_tokens=len(text) // CHARACTERS_PER_TOKEN if counted else None,
                thoughts=self._thinking,
            ),
            "modelVersion": f"{self._call.model}-double",
            "responseId": "double-response",
        }

    async def _fault(self) -> None:
        fault = self._behaviour.fault
        if fault:
            self._call.outcome = fault
        if fault == "error":
            message = f"Failed as scripted over: {_last_text(self._call)}"
            await self._send(payloads.error_body(status=self._behaviour.fault_status, message=message))
        if fault == "reset":
            # The text has to be sent before the reset, or the client would see only the reset.
            await self._exchange.pause(0.05)
            self._exchange.reset()
        if fault == "malformed":
            await self._exchange.send_block(
                b'data: {"candidates": [{"con\r\n\r\n' if self._sse else b',{"candi]dates": }'
            )
        if fault in {"hang", "drip"}:
            self._call.outcome = "open"
            await self._stall(drip=fault == "drip")

    async def _stall(self, *, drip: bool) -> None:
        while drip:
            await self._exchange.send_block(b"\r\n")
            await self._exchange.pause(DRIP_SECONDS)
        await self._exchange.pause(HANG_SECONDS)

    async def _wait_for_release(self) -> None:
        for polls in itertools.count(1):
            if self._released.is_set():
                return
            await self._exchange.pause(HOLD_SECONDS / HOLD_POLLS)
            if polls % HOLD_POLLS == 0:
                await self._exchange.send_block(b"\r\n")

    async def _send(self, event: dict[str, Any]) -> None:
        if self._sent == self._behaviour.hold:
            await self._wait_for_release()
        data = json.dumps(payloads.with_enum_numbers(event) if self._numbers else event).encode()
        separator = b",\r\n" if self._sent else b"["
        self._sent += 1
        block = b"data: " + data + b"\r\n\r\n"
        await self._exchange.send_block(in_dialect(block, self._behaviour.dialect) if self._sse else separator + data)

    def _content_type(self) -> str:
        return "text/event-stream" if self._sse else "application/json; charset=UTF-8"


def _text(*, behaviour: Behaviour, call: Call) -> str:
    if behaviour.size:
        return ("lorem ipsum " * (behaviour.size // 12 + 1))[: behaviour.size]
    if behaviour.text is not None:
        return behaviour.text
    return f"I saw {len(call.contents)} turns. You said: {_last_text(call)}"


def _chunks(text: str, count: int) -> list[str]:
    step = max(1, -(-len(text) // count))
    return [text[start : start + step] for start in range(0, len(text), step)]


def _in_units(text: str) -> str:
    """Every pair of surrogates as two characters."""
    encoded = text.encode("utf-16-le")
    return "".join(chr(int.from_bytes(encoded[at : at + 2], "little")) for at in range(0, len(encoded), 2))


def _last_text(call: Call) -> str:
    return last_message({"contents": call.contents})


def prompt_tokens(call: Call) -> int:
    return len(json.dumps(call.contents)) // CHARACTERS_PER_TOKEN
