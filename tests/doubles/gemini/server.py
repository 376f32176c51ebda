"""The routes of the double."""

import asyncio
import os
import re
import time
from typing import Any

from tests.doubles.gemini import payloads, raw
from tests.doubles.gemini.behaviour import Behaviour, Behaviours
from tests.doubles.gemini.files import Files
from tests.doubles.gemini.http import Disconnected, Exchange, Request, read_request
from tests.doubles.gemini.ledger import Call, Ledger, last_message
from tests.doubles.gemini.play import Play, prompt_tokens
from tests.doubles.gemini.rules import Refused, check, check_files, check_key, check_model

ROUTE = re.compile(
    r"/(?P<version>v1|v1beta|v1alpha)/models/(?P<model>[^/:]+)"
    r":(?P<method>generateContent|streamGenerateContent|countTokens)"
)
DESCRIPTION = re.compile(r"/(?P<version>v1|v1beta|v1alpha)/models/(?P<model>[^/:]+)")
CROWD_SECONDS = 0.1
PARENT_SECONDS = 1
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class Server:
    """One asyncio server; a call costs a task, not a thread."""

    def __init__(self) -> None:
        self.behaviours = Behaviours()
        self.ledger = Ledger()
        self.files = Files()
        self.released = asyncio.Event()

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
        elif self.files.matches(request.path):
            await self._file(request, exchange)
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
            case "POST", "release":
                self.released.set()
                self.released = asyncio.Event()
            case "DELETE", "ledger":
                self.ledger.forget()
            case method, "files":
                await exchange.respond_json(status=200, body=self.files.control(method, request.json()))
                return
            case "GET", "ledger":
                await exchange.respond_json(status=200, body=self.ledger.as_json())
                return
            case _:
                await exchange.respond_json(status=404, body=None)
                return
        await exchange.respond_json(status=200, body=None)

    async def _file(self, request: Request, exchange: Exchange) -> None:
        try:
            if not request.path.startswith("/upload-here/"):  # its address is the permission
                check_key(_key(request))
            await self.files.handle(request, exchange)
        except Refused as refused:
            await exchange.respond_json(status=refused.status, body=refused.body)

    async def _describe(self, request: Request, exchange: Exchange, *, version: str, model: str) -> None:
        try:
            check_model(version=version, model=model, key=_key(request))
            await exchange.respond_json(status=200, body=payloads.description(model=model))
        except Refused as refused:
            await exchange.respond_json(status=refused.status, body=refused.body)

    async def _call(self, request: Request, exchange: Exchange, *, version: str, model: str, method: str) -> None:
        body = payloads.with_json_names(request.json())
        if method == "countTokens" and isinstance(body, dict):
            body = body.get("generateContentRequest") or body
        released = self.released
        call = self.ledger.begin(method=method, model=model, body=body)
        as_array = method == "streamGenerateContent" and request.query.get("alt") != "sse"
        try:
            check(
                version=version,
                model=model,
                key=_key(request),
                headers=request.headers,
                body=body,
                is_count=method == "countTokens",
            )
            check_files(body, has=self.files.has)
            behaviour = self._behaviour(body, model)
            await exchange.pause(behaviour.ttft)
            while self.ledger.most < behaviour.crowd:
                await exchange.pause(CROWD_SECONDS)
            if method == "countTokens":
                await exchange.respond_json(status=200, body={"totalTokens": prompt_tokens(call)})
            elif behaviour.html:
                call.status = behaviour.error
                await exchange.respond(status=behaviour.error, body=HTML, content_type="text/html")
            else:
                _refuse(behaviour=behaviour, call=call, message=last_message(body))
                if behaviour.raw is not None:
                    await raw.send(behaviour, exchange, as_array=as_array)
                    return
                await Play(behaviour, call, exchange, request, released).run()
            call.outcome = "complete" if call.outcome == "open" else call.outcome
        except Refused as refused:
            call.status, call.outcome = refused.status, "refused"
            # A stream in the form of a JSON array reports its error as an array of one.
            body = [refused.body] if as_array else refused.body
            # To here: a client that follows a redirect makes a second call.
            headers = [f"Location: {request.path}"] if 300 <= refused.status < 400 else []
            await exchange.respond_json(status=refused.status, body=body, headers=headers)
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


def _key(request: Request) -> str:
    return request.headers.get("x-goog-api-key") or request.query.get("key", "")


def _refuse(*, behaviour: Behaviour, call: Call, message: str) -> None:
    if behaviour.error or behaviour.bad_key:
        body = payloads.refusal(behaviour=behaviour, model=call.model, prompt=message)
        raise Refused(behaviour.error or 400, body=body)
