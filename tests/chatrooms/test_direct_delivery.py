"""What is published is written to a client by the hub itself, unless the client's task has to act on it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from chatrooms.models import Reply, Status
from chatrooms.stream_entries import LAST_NUMBER, Entry, EntryId, Event
from chatrooms.streaming.access import Access
from chatrooms.streaming.client_stream import ClientStream
from chatrooms.streaming.request import StreamRequest
from chatrooms.streaming.subscriber import Subscriber

ENTRIES = [
    Entry(EntryId(1, 1), Event.START, {"attempt": 1}),
    Entry(EntryId(1, 2), Event.DELTA, {"text": "One ", "offset": 0}),
    Entry(EntryId(1, 3), Event.DELTA, {"text": "two", "offset": 4}),
    Entry(EntryId(1, LAST_NUMBER), Event.DONE, {"length": 7}),
]


class Hub:
    """A reply without text so far; `kept` is what Redis has when it is asked again."""

    def __init__(self) -> None:
        self.subscriber = Subscriber(reply_id=7, bearer_id=uuid4())
        self.kept: list[Entry] = []

    async def subscribe(self, **_: Any) -> Subscriber:
        return self.subscriber

    async def history(self, *_: Any, **__: Any) -> list[Entry]:
        return self.kept

    async def unsubscribe(self, _: Subscriber) -> None: ...


class Cycle:
    """As much of uvicorn's as a stream uses."""

    def __init__(self) -> None:
        self.flow = SimpleNamespace(write_paused=False)
        self.transport = SimpleNamespace(aborted=False, abort=self._abort, get_extra_info=lambda _: None)
        self.body = b""
        self.is_closed = False

    def _abort(self) -> None:
        self.transport.aborted = True

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(self, message: Any) -> None:
        if self.is_closed:
            raise RuntimeError("the handler is closed")
        self.body += message.get("body", b"")

    @property
    def events(self) -> list[str]:
        return [line.removeprefix("event: ") for line in self.body.decode().split("\n") if line.startswith("event: ")]


def streaming(check: Callable[[Hub, Cycle], Awaitable[None]]) -> Cycle:
    """Open a stream, let the client's task wait for entries, and check."""

    async def run() -> Cycle:
        hub, cycle = Hub(), Cycle()
        scope = {"path": "/message/1/stream", "query_string": b"", "method": "GET"}
        request = StreamRequest(scope=scope, headers={}, receive=cycle.receive, send=cycle.send, request_id="x")
        access = Access(user_id=1, bearer_id=uuid4(), reply=Reply(pk=7, status=Status.GENERATING))
        stream = asyncio.ensure_future(ClientStream(hub, request, access, None).run())  # type: ignore[arg-type]
        await settle()
        await check(hub, cycle)
        stream.cancel()
        await asyncio.wait([stream])
        return cycle

    return asyncio.run(run())


async def settle() -> None:
    """Let all tasks run until they wait."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_delta_is_written_before_the_clients_task_runs() -> None:
    async def check(hub: Hub, cycle: Cycle) -> None:
        for entry in ENTRIES[:3]:
            hub.subscriber.add(entry, 10)
        assert cycle.events == ["start", "delta", "delta"]
        hub.subscriber.add(ENTRIES[3], 10)
        await settle()
        assert cycle.events == ["start", "delta", "delta", "done"]

    streaming(check)


def test_what_a_client_does_not_take_is_queued_in_order() -> None:
    async def check(hub: Hub, cycle: Cycle) -> None:
        hub.subscriber.add(ENTRIES[0], 10)
        cycle.flow.write_paused = True
        hub.subscriber.add(ENTRIES[1], 10)
        assert cycle.events == ["start"]
        cycle.flow.write_paused = False
        hub.subscriber.add(Entry(EntryId(2, 1), Event.START, {"attempt": 2}), 10)
        assert cycle.events == ["start"], "an entry overtook one that was queued"
        await settle()
        assert cycle.events == ["start", "delta", "start"]

    streaming(check)


def test_a_client_that_missed_an_entry_is_sent_everything() -> None:
    async def check(hub: Hub, cycle: Cycle) -> None:
        hub.subscriber.add(ENTRIES[0], 10)
        hub.kept = ENTRIES[:3]
        hub.subscriber.add(ENTRIES[2], 10)
        await settle()
        assert cycle.events == ["start", "start", "delta", "delta"]

    streaming(check)


def test_a_connection_that_is_being_closed_harms_no_other_client() -> None:
    async def check(hub: Hub, cycle: Cycle) -> None:
        cycle.is_closed = True
        hub.subscriber.add(ENTRIES[0], 10)
        assert cycle.transport.aborted

    streaming(check)
