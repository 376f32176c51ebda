"""An hour at twice the expected load, with a part killed every two minutes: `make soak`.

Expected are 60 messages a minute, which is 86,000 a day. Each is sent, followed over its stream and read again, as the
page does it; clients renew their tokens. Every two minutes `worker`, `tasks` or `beat` is killed and started again, and
every sixteen minutes Redis is emptied. `web` and `stream` run for the whole hour. A line a minute shows the memory and
the open files of each process. At the end every accepted message has one reply in an end state, or the run fails.
"""

import itertools
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import requests
from redis import Redis

from tests import servers, sse
from tests.api_user import ApiUser
from tests.conftest import _urls
from tests.stack import Stack, running
from tests.waiting import wait_until

MINUTES = int(os.environ.get("SOAK_MINUTES", "60"))
SENDS_A_SECOND, CLIENTS, USERS, ROOMS = 2.0, 24, 40, 3
CHUNKS, SECONDS = 20, 0.1
KILL_EVERY, RENEW_EVERY = 120.0, 600.0
SHOWN = ("web", "stream", "worker", "tasks", "beat")


class Client:
    """A user who sends messages; `sent` has the ids of the accepted messages."""

    def __init__(self, stack: Stack, counts: Counter[str]) -> None:
        self.user: ApiUser = stack.sign_up()
        self.rooms = [self.user.room() for _ in range(ROOMS)]
        self.sent: list[int] = []
        self._counts = counts
        self._renew_at = time.monotonic() + RENEW_EVERY * random.uniform(0.5, 1)
        self._alone = threading.Lock()

    def send(self) -> None:
        with self._alone:
            self._renew()
            message = self.user.send(random.choice(self.rooms), "How are you?")
            self.sent.append(message["id"])
        self._counts["sent"] += 1
        with suppress(OSError):
            for event in sse.Response(message["stream_url"]).events():
                self._counts[event.event] += 1
        if self.user.message(message["id"])["reply"]["status"] == "done":
            self._counts["read"] += 1

    def _renew(self) -> None:
        if time.monotonic() > self._renew_at:
            tokens = self.user.stack.post("/auth/refresh", {"refresh_token": self.user.refresh_token}).json()
            self.user.access_token, self.user.refresh_token = tokens["access_token"], tokens["refresh_token"]
            self._renew_at = time.monotonic() + RENEW_EVERY


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "soak")
    with (
        tempfile.TemporaryDirectory() as folder,
        running(database_url=database_url, folder=Path(folder)) as stack,
        # A process ends with the thread that started it (tests/stack.py), so one thread starts all, and ends last.
        ThreadPoolExecutor(1) as breaking,
    ):
        stack.retries_when_busy = True
        stack.set_tier("basic", parallel_replies=8, waiting_replies=100)
        stack.double.default(ttft=1.0, delay=SECONDS, chunks=CHUNKS)
        counts: Counter[str] = Counter()
        clients = [Client(stack, counts) for _ in range(USERS)]
        soak(stack, clients, counts, breaking)
        sys.exit(judge(stack, clients))


def soak(stack: Stack, clients: list[Client], counts: Counter[str], breaking: ThreadPoolExecutor) -> None:
    begun = time.monotonic()
    kills, resets = itertools.cycle(("worker", "tasks", "beat")), itertools.count(1)
    next_kill, next_line, next_send = begun + KILL_EVERY, begun, begun
    heading()
    with ThreadPoolExecutor(CLIENTS) as pool:
        while (now := time.monotonic()) < begun + 60 * MINUTES:
            if now >= next_send:
                next_send += 1 / SENDS_A_SECOND
                pool.submit(observed, random.choice(clients), counts)
            if now >= next_line:
                next_line += 60
                line(stack, counts, round((now - begun) / 60))
            if now >= next_kill:
                next_kill += KILL_EVERY
                breaking.submit(break_something, stack, next(kills), next(resets))
            time.sleep(max(0.0, min(next_send, next_line, next_kill) - time.monotonic()))
    line(stack, counts, MINUTES)


def observed(client: Client, counts: Counter[str]) -> None:
    try:
        client.send()
    except (requests.RequestException, AssertionError) as error:
        counts["errors"] += 1
        print(f"a client met {type(error).__name__}: {error}"[:200], flush=True)


def break_something(stack: Stack, name: str, number: int) -> None:
    stack.kill(name)
    stack.start(name)
    if number % 8 == 0:
        stack.redis.empty()


def heading() -> None:
    per_process = " ".join(f"{name + ' MB/fd':>13}" for name in SHOWN)
    print(f"minute   sent  ended failed errors {per_process}  connections  Redis keys/MB", flush=True)


def line(stack: Stack, counts: Counter[str], minute: int) -> None:
    held = " ".join(f"{what_it_holds(stack, name):>13}" for name in SHOWN)
    [(connections,)] = stack.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    [(ended, failed)] = stack.sql(
        "SELECT count(*) FILTER (WHERE status IN ('done', 'failed', 'stopped')), "
        "count(*) FILTER (WHERE status = 'failed') FROM chatrooms_message WHERE role = 'assistant'"
    )
    with Redis.from_url(stack.environment["REDIS_URL"]) as client:
        keys, memory = client.dbsize(), client.info("memory")["used_memory"] / 1e6
    print(
        f"{minute:>6} {counts['sent']:>6} {ended:>6} {failed:>6} {counts['errors']:>6} {held} "
        f"{connections:>12} {keys:>9}/{memory:.1f}",
        flush=True,
    )


def what_it_holds(stack: Stack, name: str) -> str:
    """The memory that a process and its children do not share, and their open files."""
    memory = files = 0
    with suppress(psutil.NoSuchProcess, KeyError):
        process = psutil.Process(stack.processes[name].pid)
        for each in (process, *process.children(recursive=True)):
            memory += each.memory_full_info().pss
            files += each.num_fds()
    return f"{memory / 1e6:.0f}/{files}"


def judge(stack: Stack, clients: list[Client]) -> str | int:
    """What was lost or answered twice, or 0."""
    wait_until(lambda: stack.unfinished() == 0, "all in an end state")
    sent = [message_id for client in clients for message_id in client.sent]
    rows = stack.sql(
        "SELECT answers_id, count(*) FROM chatrooms_message WHERE role = 'assistant' GROUP BY 1 HAVING count(*) <> 1"
    )
    [(kept,)] = stack.sql("SELECT count(*) FROM chatrooms_message WHERE role = 'user' AND id = ANY(%s)", sent)
    [(replies,)] = stack.sql("SELECT count(*) FROM chatrooms_message WHERE role = 'assistant'")
    print(f"{len(sent)} accepted, {kept} kept, {replies} replies, {len(rows)} answered twice")
    return 0 if len(sent) == kept == replies and not rows else "messages were lost or answered twice"


if __name__ == "__main__":
    main()
