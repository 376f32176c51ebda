"""A client that disconnects frees its slot at once, even while a delta arrives."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chatrooms.models import Reply, Status
from chatrooms.stream_entries import Entry, EntryId, Event
from chatrooms.streaming.access import Access
from chatrooms.streaming.client_stream import ClientStream
from chatrooms.streaming.request import StreamRequest
from chatrooms.streaming.subscriber import Subscriber


class QuietHub:
    """A reply without text so far."""

    def __init__(self) -> None:
        self.subscriber = Subscriber(reply_id=7, bearer_id=uuid4())
        self.left = False

    async def subscribe(self, **_: Any) -> Subscriber:
        return self.subscriber

    async def history(self, *_: Any, **__: Any) -> list[Entry]:
        return []

    async def unsubscribe(self, subscriber: Subscriber) -> None:
        self.left = True


async def stream_until_gone(*, steps: int) -> bool:
    """Send a delta, and disconnect `steps` steps of the event loop later; whether the slot was freed."""
    hub, gone, began = QuietHub(), asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            began.set()

    scope = {"path": "/message/1/stream", "query_string": b"", "method": "GET"}
    request = StreamRequest(scope=scope, headers={}, receive=receive, send=send, request_id="x")
    access = Access(user_id=1, bearer_id=uuid4(), reply=Reply(pk=7, status=Status.GENERATING))
    running = asyncio.ensure_future(ClientStream(hub, request, access, None).run())  # type: ignore[arg-type]
    await began.wait()
    await asyncio.sleep(0.01)
    hub.subscriber.add(Entry(EntryId(1, 1), Event.START, {"attempt": 1}), 10)
    for _ in range(steps):
        await asyncio.sleep(0)
    gone.set()
    await asyncio.wait([running], timeout=60)
    running.cancel()
    return hub.left and running.done()


@pytest.mark.parametrize("steps", range(8))
def test_a_client_that_disconnects_at_a_delta_frees_its_slot(steps: int) -> None:
    assert asyncio.run(stream_until_gone(steps=steps))
