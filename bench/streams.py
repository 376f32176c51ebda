"""What 1,000 open streams cost one process: `make bench`.

50 replies are written at once, each followed by 20 clients; all of them have to get every delta. Memory is the
process's resident set, CPU its own time; the floor is the same process with no stream open.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests import servers
from tests.conftest import _urls
from tests.stack import Stack, running
from tests.waiting import in_parallel, wait_until

REPLIES, READERS, CHUNKS = 50, 20, 40
TEXT = " ".join(f"word{number}" for number in range(400))


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    settings = {"STREAMS_PER_USER": str(READERS)}
    with (
        tempfile.TemporaryDirectory() as folder,
        running(database_url=database_url, folder=Path(folder), settings=settings) as stack,
    ):
        open_streams(stack, readers=2)  # what the first streams cost is not what a stream costs
        stack.double.reset()
        open_streams(stack, readers=READERS)


def open_streams(stack: Stack, *, readers: int) -> None:
    process = psutil.Process(stack.processes["stream"].pid)
    users = in_parallel([stack.sign_up for _ in range(REPLIES)])
    rooms = [(user, user.room()) for user in users]
    stack.double.default(text=TEXT, chunks=CHUNKS, ttft=6, delay=0.1)
    sent = in_parallel([lambda u=user, r=room: u.send(r, "Hello") for user, room in rooms])
    memory, cpu, begun = process.memory_info().rss, sum(process.cpu_times()[:2]), time.monotonic()
    wait_until(lambda: stack.double.ledger()["in_flight"] == REPLIES, "all calls under way", 30)
    urls = [message["stream_url"] for message in sent for _ in range(readers)]
    texts, peak, latencies = asyncio.run(read_all(urls, process))
    seconds = time.monotonic() - begun
    used = sum(process.cpu_times()[:2]) - cpu
    broken = [text for text in texts if text != TEXT]
    assert not broken, f"{len(broken)} streams were not whole, as {broken[0][-400:]!r}"
    events = len(urls) * (CHUNKS + 2)
    print(
        f"{len(urls)} streams of {REPLIES} replies, all whole: {(peak - memory) / len(urls) / 1024:.0f} KiB a stream "
        f"({memory / 2**20:.0f} -> {peak / 2**20:.0f} MiB); CPU {used:.1f} s in {seconds:.1f} s, "
        f"{1e6 * used / events:.0f} us an event; {process.num_threads()} threads; "
        f"between the first and the last reader of a delta: p50 {1000 * latencies[len(latencies) // 2]:.0f} ms, "
        f"p99 {1000 * latencies[int(len(latencies) * 0.99)]:.0f} ms"
    )


async def read_all(urls: list[str], process: psutil.Process) -> tuple[list[str], int, list[float]]:
    """Read all streams to their ends; return the texts, the peak memory, and how far apart readers were."""
    peak = 0
    seen: dict[str, list[float]] = {}

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.2)

    watching = asyncio.create_task(watch())
    texts = await asyncio.gather(*(read_one(url, seen) for url in urls))
    watching.cancel()
    spread = sorted(max(times) - min(times) for times in seen.values())
    return texts, peak, spread


async def read_one(url: str, seen: dict[str, list[float]]) -> str:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    text, event, identity = "", "", ""
    if b" 200 " not in (status := await reader.readline()):
        return f"answered {status.decode()} {(await reader.read(2000)).decode()}"
    while line := await asyncio.wait_for(reader.readline(), 60):
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "id":
            identity = value
        elif name == "event":
            event = value
        elif name == "data":
            if event == "delta":
                text += json.loads(value)["text"]
                seen.setdefault(identity, []).append(time.monotonic())
            elif event == "start":
                text = ""
            else:
                break
    writer.close()
    return text


if __name__ == "__main__":
    main()
