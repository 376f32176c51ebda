"""The ASGI application of the process `stream`: live replies, and health. Everything else is `web`'s."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from chatrooms.streaming.app import StreamApp  # noqa: E402  it reads the settings
from config.http import metrics_endpoint  # noqa: E402
from config.http.health import readiness  # noqa: E402
from config.http.transport import strict_transport  # noqa: E402
from config.infrastructure.database import PatientConnection  # noqa: E402

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
    metrics_endpoint.serve()
    _end_streams_at(signal.SIGTERM, signal.SIGINT)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await streams.stop()
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_at(*signals: signal.Signals) -> None:
    """End the streams when the server is asked to stop: it waits for them, and tells its application only then."""
    loop = asyncio.get_running_loop()

    def hear(number: signal.Signals) -> None:
        servers_own = signal.getsignal(number)

        def heard(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(streams.end)
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(number, heard)

    for number in signals:
        hear(number)


async def _answer(send: Send, status: int, body: dict[str, str]) -> None:
    headers = {"content-type": "application/json", "cache-control": "no-store", **strict_transport()}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
