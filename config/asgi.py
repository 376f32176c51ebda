"""The ASGI application of the process `stream`: live replies, and health. Everything else is `web`'s."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from chatrooms.streaming import StreamApp  # noqa: E402  it reads the settings
from config.database import PatientConnection  # noqa: E402
from config.health import readiness  # noqa: E402

PatientConnection.patience = 2.5  # seconds, as in `web`

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

streams = StreamApp()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection of uvicorn's, or its start and stop."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        if scope["path"] == "/livez":
            await _answer(send, 200, {"status": "ok"})
        elif scope["path"] == "/readyz":
            await _answer(send, *await asyncio.to_thread(readiness))
        else:
            await streams(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    await receive()
    await streams.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await streams.stop()
    await send({"type": "lifespan.shutdown.complete"})


async def _answer(send: Send, status: int, body: dict[str, str]) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
