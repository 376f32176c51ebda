"""The ASGI application of the process `stream`: live replies and health checks. `web` serves everything else."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from types import FrameType
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from chatrooms.streaming.app import StreamApp  # noqa: E402  it reads the settings
from config.http import metrics_endpoint  # noqa: E402
from config.http.health import readiness  # noqa: E402
from config.http.transport import strict_transport  # noqa: E402
from config.infrastructure.database import TimeoutConnection  # noqa: E402

TimeoutConnection.statement_timeout = 2.5  # seconds, as in `web`

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Coroutine[Any, Any, None]]

streams = StreamApp()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request, or the startup and shutdown of uvicorn."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        if scope["path"] == "/livez":
            await _respond(send, 200, {"status": "ok"})
        elif scope["path"] == "/readyz":
            await _respond(send, *await asyncio.to_thread(readiness))
        else:
            await streams(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    await receive()
    await streams.start()
    metrics_endpoint.serve()
    _end_streams_on(signal.SIGTERM, signal.SIGINT)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await streams.stop()
    await send({"type": "lifespan.shutdown.complete"})


def _end_streams_on(*signals: signal.Signals) -> None:
    """End the streams when the server gets a signal to stop: it waits for them before the lifespan's shutdown."""
    loop = asyncio.get_running_loop()

    def install(number: signal.Signals) -> None:
        servers_own = signal.getsignal(number)

        def handler(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(streams.end)
            if callable(servers_own):
                servers_own(number, frame)

        signal.signal(number, handler)

    for number in signals:
        install(number)


async def _respond(send: Send, status: int, body: dict[str, str]) -> None:
    headers = {"content-type": "application/json", "cache-control": "no-store", **strict_transport()}
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})
