"""Memory of one `web` process after 5,000 and after 50,000 mixed requests, odd ones among them: `make bench`.

What grows between the two would grow for ever. The target is 10 %. The requests that write go to users that no one
reads, so that the responses do not grow. REQUESTS in the environment, as 500,5000, makes the run shorter.
"""

import os
import random
import string
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import requests

from bench.hot_path import Server, record, web
from bench.load.data import Size, fill
from bench.load.recording import Client
from tests import servers
from tests.conftest import _urls
from tests.stack import Stack

MARKS = [int(each) for each in os.environ.get("REQUESTS", "5000,50000").split(",")]
SIZE = Size(users=2_000, messages=20_000)
THREADS, WRITERS = 16, 40
LIMITS = "UPDATE billing_tier SET kept_file_bytes = 1e12, waiting_replies = 30000, sends_per_minute = 1000000000"


class Caller:
    """One connection that sends one request after the other."""

    def __init__(self, port: int, clients: list[Client], statuses: Counter[int]) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._writers, self._readers = clients[:WRITERS], clients[WRITERS:]
        self._statuses = statuses
        self._http = requests.Session()
        self._http.headers.update({"X-Forwarded-Proto": "https"})
        self._kinds, self._weights = zip(*self._mix(), strict=True)

    def call(self) -> None:
        random.choices(self._kinds, self._weights)[0]()

    def _mix(self) -> list[tuple[Callable[[], object], float]]:
        """What is asked, and how often of about a hundred times."""
        return [
            (lambda: self._get("/chatroom/{room}"), 20),
            (lambda: self._get("/chatroom"), 15),
            (lambda: self._get("/chatroom/{room}/messages"), 10),
            (lambda: self._get("/message/{message}"), 10),
            (lambda: self._get("/user/me"), 8),
            (lambda: self._get("/search?q=winding"), 2),
            (lambda: self._get(f"/search?q={_word(200)}"), 1),
            (lambda: self._get("/chatroom/{room}/export?format=markdown"), 1),
            (lambda: self._get("/chatroom/{room}/export?format=json"), 1),
            (lambda: self._get("/user/me/export"), 0.5),
            (lambda: self._get(f"/{_word(12)}"), 3),
            (lambda: self._get(f"/message/{random.randrange(10**12)}"), 2),
            (lambda: self._get(f"/search?q={_word(5_000)}"), 1),
            (lambda: self._get("/chatroom", token=_word(300)), 2),
            (lambda: self._get("/user/me", headers={f"X-{_word(8)}": _word(7_000)}), 1),
            (lambda: self._send({"content": "What is a monsoon, and why?"}), 8),
            (lambda: self._send({"content": "\N{ELEPHANT}" * 16_000}), 1.5),  # 190 KB: each is escaped as two
            (lambda: self._send({"content": _word(20_000)}), 1),
            (lambda: self._send({"content": [_word(100)] * 300}), 1),
            (lambda: self._post(b'{"content": "' + os.urandom(2_000)), 2),
            (lambda: self._post(b"[" * 30_000), 1),
            (lambda: self._post(os.urandom(300_000)), 1),
            (lambda: self._upload(50_000), 1.5),
            (lambda: self._upload(5_000_000), 0.2),
        ]

    def _get(self, path: str, token: str = "", headers: dict[str, str] | None = None) -> None:
        client = random.choice(self._readers)
        self._ask("GET", path.format(room=client.room, message=client.message), token or client.token, headers=headers)

    def _send(self, body: object) -> None:
        client = random.choice(self._writers)
        self._ask("POST", f"/chatroom/{client.room}/message", client.token, json=body)

    def _post(self, body: bytes) -> None:
        client = random.choice(self._writers)
        headers = {"Content-Type": "application/json"}
        self._ask("POST", f"/chatroom/{client.room}/message", client.token, data=body, headers=headers)

    def _upload(self, size: int) -> None:
        token = random.choice(self._writers).token
        text = (_word(1_000) + "\n") * (size // 1_001)
        uploaded = self._ask("POST", "/files", token, files={"file": ("notes.txt", text.encode())})
        if uploaded is not None and uploaded.status_code == 201:
            self._ask("DELETE", f"/files/{uploaded.json()['id']}", token)

    def _ask(
        self, method: str, path: str, token: str, *, headers: dict[str, str] | None = None, **body: object
    ) -> requests.Response | None:
        sent = {
            "Authorization": f"Bearer {token}",
            "X-Forwarded-For": f"10.{random.randrange(250)}.{random.randrange(250)}.7",
            **(headers or {}),
        }
        try:
            response = self._http.request(method, self._url + path, headers=sent, timeout=60, **body)
        except requests.ConnectionError:  # a body that is too large is refused before its end
            self._statuses[0] += 1
            return None
        self._statuses[response.status_code] += 1
        return response


def _word(length: int) -> str:
    return "".join(random.choices(string.ascii_lowercase, k=length))


def main() -> None:
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "memory")
        stack = cleanup.enter_context(Stack(database_url=database_url, folder=folder, settings={"WEB_PROCESSES": "1"}))
        stack.redis.start()
        stack.run("the tiers", "from django.core.management import call_command; call_command('seed_tiers')")
        fill(database_url, SIZE)
        stack.sql(LIMITS)
        clients, _ = record(stack, folder / "recorded")
        server = web(stack)
        statuses: Counter[int] = Counter()
        measured = [measure(server, clients, statuses, until=mark) for mark in MARKS]
    first, last = measured[0], measured[-1]
    print(", ".join(f"{count} times {status or 'cut off'}" for status, count in statuses.most_common()))
    print(f"growth: PSS {100 * (last[0] / first[0] - 1):.0f} %, anonymous {100 * (last[1] / first[1] - 1):.0f} %")


def measure(server: Server, clients: list[Client], statuses: Counter[int], *, until: int) -> tuple[float, float]:
    """Send requests until there were `until` in all; the memory then, in MiB."""
    threads = threading.local()

    def one() -> None:
        if not hasattr(threads, "caller"):
            threads.caller = Caller(server.port, clients, statuses)
        while statuses.total() < until:
            threads.caller.call()

    begun, before = time.monotonic(), statuses.total()
    with ThreadPoolExecutor(THREADS) as pool:
        for each in [pool.submit(one) for _ in range(THREADS)]:
            each.result()
    pss, anonymous = server.memory(), server.anonymous()
    rate = (statuses.total() - before) / (time.monotonic() - begun)
    print(
        f"after {statuses.total():,} requests ({rate:.0f} a second): PSS {pss:.0f} MiB, anonymous {anonymous:.0f} MiB",
        flush=True,
    )
    return pss, anonymous


if __name__ == "__main__":
    main()
