"""The routes of the double."""

import asyncio
import json
import os
import re
import time
from typing import Any

from tests.doubles.gemini import payloads
from tests.doubles.gemini.behaviour import Behaviour, Behaviours
from tests.doubles.gemini.dialects import BEGIN, END, in_dialect
from tests.doubles.gemini.http import Disconnected, Exchange, Request, read_request
from tests.doubles.gemini.ledger import Call, Ledger, last_message
from tests.doubles.gemini.rules import Refused, check, check_model

ROUTE = re.compile(
    r"/(?P<version>v1|v1beta|v1alpha)/models/(?P<model>[^/:]+)"
    r":(?P<method>generateContent|streamGenerateContent|countTokens)"
)
DESCRIPTION = re.compile(r"/(?P<version>v1|v1beta|v1alpha)/models/(?P<model>[^/:]+)")
CHARACTERS_PER_TOKEN = 4
HANG_SECONDS = 3600
DRIP_SECONDS = 0.05
CROWD_SECONDS = 0.1
PARENT_SECONDS = 1
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class Server:
    """One asyncio server; a call costs a task, not a thread."""

    def __init__(self) -> None:
        self.behaviours = Behaviours()
        self.ledger = Ledger()

    async def run(self, *, port: int, parent: int | None) -> None:
        """Listen, print the port, and serve until the process is ended, or `parent` has."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, backlog=1024)
        print(server.sockets[0].getsockname()[1], flush=True)
        while parent in {None, os.getppid()}:  # noqa: ASYNC110  # there is no event for a killed parent
            await asyncio.sleep(PARENT_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await read_request(reader):
                exchange = Exchange(reader, writer)
                try:
                    await self._handle(request, exchange)
                finally:
                    await exchange.finish()
        except Disconnected:
            pass
        finally:
            writer.close()

    async def _handle(self, request: Request, exchange: Exchange) -> None:
        if request.path.startswith("/__double__/"):
            await self._control(request, exchange)
        elif route := ROUTE.fullmatch(request.path):
            await self._call(request, exchange, **route.groupdict())
        elif (route := DESCRIPTION.fullmatch(request.path)) and request.method == "GET":
            await self._describe(request, exchange, **route.groupdict())
        else:
            await exchange.respond_json(status=404, body=payloads.error_body(status=404, message="No such method."))

    async def _control(self, request: Request, exchange: Exchange) -> None:
        match request.method, request.path.removeprefix("/__double__/"):
            case "POST", "script":
                self.behaviours.script.extend(Behaviour(**fields) for fields in request.json())
            case "POST", "default":
                self.behaviours.default = Behaviour(**request.json())
            case "DELETE", "script":
                self.behaviours.script.clear()
            case "DELETE", "ledger":
                self.ledger.forget()
            case "GET", "ledger":
                await exchange.respond_json(status=200, body=self.ledger.as_json())
                return
            case _:
                await exchange.respond_json(status=404, body=None)
                return
        await exchange.respond_json(status=200, body=None)

    async def _describe(self, request: Request, exchange: Exchange, *, version: str, model: str) -> None:
        try:
            check_model(version=version, model=model, key=_key(request))
            await exchange.respond_json(status=200, body=payloads.description(model=model))
        except Refused as refused:
            await exchange.respond_json(status=refused.status, body=refused.body)

    async def _call(self, request: Request, exchange: Exchange, *, version: str, model: str, method: str) -> None:
        body = request.json()
        if method == "countTokens" and isinstance(body, dict):
            body = body.get("generateContentRequest") or body
        call = self.ledger.begin(method=method, model=model, body=body)
        as_array = method == "streamGenerateContent" and request.query.get("alt") != "sse"
        try:
            check(version=version, model=model, key=_key(request), headers=request.headers, body=body)
            behaviour = self._behaviour(body, model)
            await exchange.pause(behaviour.ttft)
            while self.ledger.most < behaviour.crowd:
                await exchange.pause(CROWD_SECONDS)
            if method == "countTokens":
                await exchange.respond_json(status=200, body={"totalTokens": _prompt_tokens(call)})
            elif behaviour.html:
                call.status = behaviour.error
                await exchange.respond(status=behaviour.error, body=HTML, content_type="text/html")
            else:
                _refuse(behaviour=behaviour, call=call, message=last_message(body))
                await Play(behaviour, call, exchange, request).run()
            call.outcome = "complete" if call.outcome == "open" else call.outcome
        except Refused as refused:
            call.status, call.outcome = refused.status, "refused"
            # A stream in the form of a JSON array reports its error as an array of one.
            await exchange.respond_json(status=refused.status, body=[refused.body] if as_array else refused.body)
        except Disconnected:
            if call.outcome == "open":
                call.disconnected, call.outcome = time.time(), "disconnected"
            raise
        finally:
            self.ledger.end(call)

    def _behaviour(self, body: Any, model: str) -> Behaviour:
        try:
            chosen = self.behaviours.choose(last_message(body))
            return chosen if chosen.for_model in ("", model) else Behaviour()
        except TypeError as error:
            raise Refused(400, f"The directive is not valid: {error}") from error


class Play:
    """One reply, in the order and with the faults of its behaviour."""

    def __init__(self, behaviour: Behaviour, call: Call, exchange: Exchange, request: Request) -> None:
        self._behaviour = behaviour
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
        await self._exchange.begin_stream(content_type=self._content_type())
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
        text = _text(behaviour=self._behaviour, call=self._call)
        chunks = _chunks(_in_units(text) if self._behaviour.units else text, self._behaviour.chunks)
        chunks = chunks[: self._behaviour.after]
        counted = not self._behaviour.counts_last
        end_counted = not self._behaviour.uncounted_end
        events = [
            payloads.text_event(text=chunk, **self._envelope("".join(chunks[: number + 1]), counted=counted))
            for number, chunk in enumerate(chunks)
        ]
        return [
            *events,
            payloads.end_event(finish=self._behaviour.finish, **self._envelope("".join(chunks), counted=end_counted)),
        ]

    def _envelope(self, text: str, *, counted: bool = True) -> dict[str, Any]:
        return {
            "usageMetadata": payloads.usage(
                prompt_tokens=_prompt_tokens(self._call),
                output_tokens=len(text) // CHARACTERS_PER_TOKEN if counted else None,
                thoughts=self._behaviour.thoughts,
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

    async def _send(self, event: dict[str, Any]) -> None:
        data = json.dumps(payloads.with_enum_numbers(event) if self._numbers else event).encode()
        separator = b",\r\n" if self._sent else b"["
        self._sent += 1
        block = b"data: " + data + b"\r\n\r\n"
        await self._exchange.send_block(in_dialect(block, self._behaviour.dialect) if self._sse else separator + data)

    def _content_type(self) -> str:
        return "text/event-stream" if self._sse else "application/json; charset=UTF-8"


def _key(request: Request) -> str:
    return request.headers.get("x-goog-api-key") or request.query.get("key", "")


def _refuse(*, behaviour: Behaviour, call: Call, message: str) -> None:
    if behaviour.error or behaviour.bad_key:
        body = payloads.refusal(behaviour=behaviour, model=call.model, prompt=message)
        raise Refused(behaviour.error or 400, body=body)


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


def _prompt_tokens(call: Call) -> int:
    return len(json.dumps(call.contents)) // CHARACTERS_PER_TOKEN
