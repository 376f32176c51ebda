"""What 5,000 open streams cost one process: `make bench`; STREAMS=1000 in the environment makes it fewer.

50 replies are written at once, each followed by as many clients, in processes of their own; all of them have to get
every delta. The first chunk comes when all streams are open, so that to open them and to pass on what is written are
measured apart. Memory is the process's PSS, CPU its own time; the floor is the same process with few streams open.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil

from tests import servers
from tests.conftest import _urls
from tests.stack import ROOT, Stack, running
from tests.waiting import wait_until

STREAMS, REPLIES, CHUNKS = int(os.environ.get("STREAMS", "5000")), 50, 40
READING = 2
"""Processes of clients."""

EVENTS_A_SECOND = 10_000
"""To all clients together: more would keep the process busy, which then sends several events at once."""

TEXT = " ".join(f"word{number}" for number in range(400))
SETTINGS = {"GEMINI_READ_TIMEOUT": "600", "GEMINI_TOTAL_TIMEOUT": "1200"}


def main() -> None:
    readers = STREAMS // REPLIES
    _allow_files(STREAMS + 1000)
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    settings = {**SETTINGS, "STREAMS_PER_USER": str(readers)}
    with (
        tempfile.TemporaryDirectory() as folder,
        running(database_url=database_url, folder=Path(folder), settings=settings) as stack,
    ):
        measure(stack, readers=2)  # what the first streams cost is not what a stream costs
        stack.double.reset()
        measure(stack, readers=readers)


def _allow_files(count: int) -> None:
    """Raise the limit of open files, which the processes inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (count if hard == resource.RLIM_INFINITY else min(count, hard), hard)
        )


def measure(stack: Stack, *, readers: int) -> None:
    process = psutil.Process(stack.processes["stream"].pid)
    users = [stack.sign_up() for _ in range(REPLIES)]
    rooms = [(user, user.room()) for user in users]
    count = REPLIES * readers
    stack.double.default(text=TEXT, chunks=CHUNKS, delay=max(0.1, count / EVENTS_A_SECOND), crowd=REPLIES + 1)
    sent = [user.send(room, "Hello") for user, room in rooms]
    wait_until(lambda: stack.double.ledger()["in_flight"] == REPLIES, "all calls under way", 60)
    memory, cpu = _memory(process), _cpu(process)
    with ExitStack() as cleanup:
        clients = [cleanup.enter_context(_client(sent[part::READING], readers)) for part in range(READING)]
        for client in clients:
            assert client.stdout
            assert client.stdout.readline() == "open\n", "not all streams were opened"
        opened_memory, opened_cpu, begun = _memory(process), _cpu(process), time.monotonic()
        users[0].send(users[0].room(), "The last one, for which the double waits")
        read = [json.loads(client.communicate()[0]) for client in clients]
    seconds, peak = time.monotonic() - begun, _memory(process)
    _report(count, read, _cpu(process) - opened_cpu, seconds)
    print(
        f"  memory of the process: {memory / 2**20:.0f} -> {opened_memory / 2**20:.0f} MiB when all are open, "
        f"{(opened_memory - memory) / count / 1024:.1f} KiB a stream; {peak / 2**20:.0f} MiB after the end; "
        f"to open a stream: {1000 * (opened_cpu - cpu) / count:.1f} ms of CPU; {process.num_threads()} threads"
    )


def _client(messages: list[dict[str, Any]], readers: int) -> subprocess.Popen[str]:
    urls = [message["stream_url"] for message in messages for _ in range(readers)]
    client = subprocess.Popen(
        [sys.executable, "-m", "bench.load.readers"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdin
    client.stdin.write(json.dumps(urls))
    client.stdin.close()
    client.stdin = None
    return client


def _report(count: int, read: list[dict[str, Any]], cpu: float, seconds: float) -> None:
    broken = [text for each in read for text in each["texts"] if text != TEXT]
    assert not broken, f"{len(broken)} streams were not whole, as {broken[0][-400:]!r}"
    events = sum(each["events"] for each in read)
    spread = sorted(time_ for each in read for time_ in each["spread"])
    print(
        f"{count} streams of {REPLIES} replies, all whole: {1e6 * cpu / events:.0f} us of CPU an event and client "
        f"({cpu:.1f} s in {seconds:.1f} s); between the first and the last reader of a delta: "
        f"p50 {1000 * spread[len(spread) // 2]:.0f} ms, p99 {1000 * spread[int(len(spread) * 0.99)]:.0f} ms"
    )


def _memory(process: psutil.Process) -> int:
    return int(process.memory_full_info().pss)


def _cpu(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


if __name__ == "__main__":
    main()
