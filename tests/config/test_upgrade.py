"""`web` is replaced behind nginx, as in docs/operation.md, and no request is refused."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from config import processes
from config.dev.child_processes import die_with_parent
from tests import servers
from tests.conftest import _urls
from tests.nginx import Nginx, names, require, running
from tests.ports import free_port
from tests.waiting import wait_until

REQUESTS = 500
SENDERS = 6

NOT_REACHED = b"Kuvaka cannot be reached"
"""nginx's response when there is no `web`."""


class Webs:
    """Processes `web`, each at its own address, and the name by which nginx finds the running ones."""

    def __init__(self, *, folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.addresses: dict[str, list[str]] = {"web": []}
        self._folder = folder
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._made = 1

    def start(self) -> str:
        """As in Docker: a new container has a new address, and the name resolves to it at once."""
        self._made += 1
        address = f"127.0.0.{self._made}"
        with (self._folder / f"web-{self._made}.log").open("wb") as log:
            self._running[address] = subprocess.Popen(
                [sys.executable, "-m", "config.processes", "web"],
                cwd=processes.ROOT,
                env={**self._environment, "HOST": address, "PORT": str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self.addresses["web"] = [*self.addresses["web"], address]
        return address

    def wait_for(self, address: str) -> None:
        wait_until(lambda: self._is_ready(address), f"web at {address} ready")

    def stop(self, address: str) -> None:
        """Send SIGTERM; the name resolves to the address until the process has ended."""
        process = self._running.pop(address)
        process.send_signal(signal.SIGTERM)
        process.wait()
        self.addresses["web"] = [each for each in self.addresses["web"] if each != address]

    def close(self) -> None:
        for process in self._running.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _is_ready(self, address: str) -> bool:
        try:
            return requests.get(f"http://{address}:{self.port}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False


def one_after_the_other(webs: Webs, old: list[str]) -> None:
    for address in old:
        webs.stop(address)
        webs.wait_for(webs.start())


def new_ones_beside_the_old(webs: Webs, old: list[str]) -> None:
    new = [webs.start() for _ in old]
    for address in new:
        webs.wait_for(address)
    for address in old:
        webs.stop(address)


@contextmanager
def behind_nginx(folder: Path) -> Iterator[tuple[Webs, Nginx]]:
    environment = {
        **os.environ,
        "DATABASE_URL": servers.clone_database(_urls, servers.ensure_template(_urls), "upgrade"),
        "REDIS_URL": _urls.redis_url,
        "PROXY_HOPS": "1",
        "SMS_DELIVERY": "response",
        "ROOMS_PER_USER": "1000000",
        "WEB_PROCESSES": "2",
    }
    seeded = [sys.executable, "manage.py", "seed_tiers"]
    subprocess.run(seeded, cwd=processes.ROOT, env=environment, check=True, capture_output=True)
    with ExitStack() as cleanup:
        webs = Webs(folder=folder, environment=environment)
        cleanup.callback(webs.close)
        dns_port = cleanup.enter_context(names(webs.addresses))
        proxy = Nginx(folder=folder, upstream_port=webs.port, dns_port=dns_port)
        cleanup.enter_context(running(proxy))
        yield webs, proxy


class Client:
    """A signed-in client behind nginx."""

    def __init__(self, proxy: Nginx) -> None:
        self._proxy = proxy
        self._headers = {"Content-Type": "application/json"}
        code = self.call("POST", "/auth/send-otp", {"mobile_number": "+919876543210"})["otp"]
        tokens = self.call("POST", "/auth/verify-otp", {"mobile_number": "+919876543210", "otp": code})
        self._headers |= {"Authorization": f"Bearer {tokens['access_token']}"}
        self.room = self.call("POST", "/chatroom", {"name": "Room"})["id"]
        # There is no worker, so a request that waits for the reply takes its full time.
        self.message = self.call("POST", f"/chatroom/{self.room}/message", {"content": "Hello"})["id"]

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        sent = None if body is None else json.dumps(body).encode()
        response, text = self._proxy.request(path, method=method, body=sent, headers=self._headers)
        return response.status, text

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        status, text = self.ask(method, path, body)
        assert status < 300, text
        return json.loads(text)


@pytest.mark.faults
@pytest.mark.needs_nginx
@pytest.mark.parametrize("replace", [one_after_the_other, new_ones_beside_the_old])
def test_no_request_fails_while_two_web_processes_are_upgraded(
    data_dir: Path, replace: Callable[[Webs, list[str]], None]
) -> None:
    require()
    data_dir.mkdir()
    with behind_nginx(data_dir) as (webs, proxy):
        old = [webs.start(), webs.start()]
        for address in old:
            webs.wait_for(address)
        client = Client(proxy)
        kinds: list[tuple[str, str, dict[str, Any] | None]] = [
            ("GET", f"/chatroom/{client.room}", None),
            ("POST", "/chatroom", {"name": "Another"}),
            ("PATCH", f"/chatroom/{client.room}", {"name": "Renamed"}),
            ("GET", f"/message/{client.message}?wait=3", None),
        ]
        done = threading.Event()
        asked = 0

        def send(sender: int) -> Counter[tuple[str, int]]:
            nonlocal asked
            counts: Counter[tuple[str, int]] = Counter()
            while not done.is_set() or asked < REQUESTS:
                method, path, body = kinds[sender % len(kinds)]
                status, text = client.ask(method, path, body)
                # Such a response from `web` itself means that the machine is busy, not that the upgrade failed.
                if status == 503 and NOT_REACHED not in text:
                    continue
                counts[method, status] += 1
                asked += 1
            return counts

        with ThreadPoolExecutor(SENDERS) as pool:
            senders = [pool.submit(send, number) for number in range(SENDERS)]
            try:
                time.sleep(1)
                replace(webs, old)
            finally:
                done.set()
            counts = sum((sender.result() for sender in senders), Counter())

    assert set(counts) == {("GET", 200), ("POST", 201), ("PATCH", 200)}, counts
    assert counts.total() >= REQUESTS
