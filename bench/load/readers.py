"""Clients of many streams, in a process of their own: `python -m bench.load.readers`.

Reads the URLs as JSON from its standard input; prints a line when every stream has sent something, and `Read` as JSON
when all have ended. What arrives is kept with its time, and looked at when all is over.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast
from urllib.parse import urlsplit

OPENING = 10
"""Connections that are opened at once, by each process."""

SILENCE = 240.0
"""Seconds until the run fails."""


@dataclass
class Read:
    """What the clients got: each stream's text by its place in the list, and how far apart the readers of a delta were.

    `events` are those of all streams.
    """

    texts: list[str]
    events: int
    spread: list[float]


class Reader(asyncio.Protocol):
    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        self.begin()

    def begin(self) -> None:
        self.received: list[tuple[float, bytes]] = []
        self.opened, self.ended = asyncio.Event(), asyncio.Event()

    @property
    def is_refused(self) -> bool:
        """Whether the process was too busy, and asked the client to come back."""
        return bool(self.received) and self.received[0][1].startswith(b"HTTP/1.1 503")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        path, query, host = self.parts.path, self.parts.query, self.parts.netloc
        self._transport.write(f"GET {path}?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self.received.append((time.monotonic(), data))
        if not self.opened.is_set() and (b"event: " in data or self.is_refused):
            self.opened.set()
        if data.endswith(b"0\r\n\r\n"):
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        self.opened.set()
        self.ended.set()

    def events(self) -> list[tuple[float, dict[str, str]]]:
        """The fields of each event, with the time at which its last byte came."""
        body, times = bytearray(), []
        for at, piece in _chunks(self.received):
            body += piece
            times.append((len(body), at))
        found, end, moment = [], 0, iter(times)
        length, at = next(moment, (0, 0.0))
        for block in bytes(body).split(b"\n\n")[:-1]:
            end += len(block) + 2
            while length < end:
                length, at = next(moment)
            fields = dict(line.partition(": ")[::2] for line in block.decode().split("\n"))
            if "event" in fields:
                found.append((at, fields))
        return found


def _chunks(received: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    """The chunks of a body, with the times at which they were whole; the refusal as one if it is none."""
    whole, times = b"".join(data for _, data in received), []
    total = 0
    for at, data in received:
        total += len(data)
        times.append((total, at))
    head, _, _ = whole.partition(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise RuntimeError(f"a stream was answered with {whole[:2000]!r}")
    found, place, moment = [], len(head) + 4, iter(times)
    length, at = next(moment)
    while place < len(whole):
        line = whole.index(b"\r\n", place)
        size = int(whole[place:line], 16)
        begin, place = line + 2, line + 2 + size + 2
        while length < place:
            length, at = next(moment)
        if size:
            found.append((at, whole[begin : begin + size]))
    return found


async def read(urls: list[str]) -> Read:
    loop, turn = asyncio.get_running_loop(), asyncio.Semaphore(OPENING)
    readers = [Reader(url) for url in urls]

    async def open_one(reader: Reader) -> None:
        async with turn:
            while not reader.received or reader.is_refused:
                await asyncio.sleep(2 if reader.is_refused else 0)
                reader.begin()
                await loop.create_connection(lambda: reader, reader.parts.hostname, reader.parts.port)
                await reader.opened.wait()

    async with asyncio.timeout(SILENCE):
        await asyncio.gather(*(open_one(reader) for reader in readers))
        print("open", flush=True)
        for reader in readers:
            await reader.ended.wait()
    seen: dict[str, list[float]] = {}
    texts, count = [], 0
    for reader in readers:
        text = ""
        for at, fields in reader.events():
            count += 1
            if fields["event"] == "start":
                text = ""
            elif fields["event"] == "delta":
                text += json.loads(fields["data"])["text"]
                seen.setdefault(fields.get("id", ""), []).append(at)
        texts.append(text)
    return Read(texts, count, [max(times) - min(times) for times in seen.values()])


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(read(json.load(sys.stdin))))))
