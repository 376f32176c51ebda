"""Bodies that are sent as they are: recorded or made up, in the form that the client asked for."""

import json

from tests.doubles.gemini import payloads
from tests.doubles.gemini.behaviour import Behaviour
from tests.doubles.gemini.http import Exchange


async def send(behaviour: Behaviour, exchange: Exchange, *, as_array: bool) -> None:
    """Send `behaviour.raw`, which is in the form of server-sent events if its status is 200."""
    body = behaviour.raw or ""
    if behaviour.raw_status != 200:
        body = f"[{body}]" if as_array else body
        await exchange.respond(status=behaviour.raw_status, body=body.encode(), content_type="application/json")
        return
    await exchange.begin_stream(content_type="application/json; charset=UTF-8" if as_array else "text/event-stream")
    await exchange.send_block((_as_array(body) if as_array else body).encode())
    await exchange.end_stream()


def _as_array(body: str) -> str:
    """The events as a JSON array with enumerations as numbers, as google-generativeai asks for them."""
    blocks = [block.strip().removeprefix("data:").strip() for block in body.split("\r\n\r\n")]
    events = [json.loads(block) for block in blocks if block.startswith("{")]
    return json.dumps([payloads.with_enum_numbers(event) for event in events])
