"""How long a scrape of the metrics takes: `make bench`. The target is less than 100 ms.

First each process of a running stack, over HTTP. Then more than any installation has: eight processes of `web` that
have each served every route with three methods and six statuses, read in this process.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from tests import servers
from tests.conftest import _urls
from tests.ports import free_ports_in_a_row
from tests.stack import ROOT, Stack, running

ROUNDS = 50
PROCESSES = 8
PORTS = {"worker": 0, "tasks": 1, "stream": 2, "beat": 3}

FILL = """
import django; django.setup()
from django.urls import get_resolver
from config.observability import metrics
routes = [str(each.pattern) for each in get_resolver().url_patterns]
for route in routes:
    for method in ("GET", "POST", "PATCH"):
        metrics.request_seconds.labels(route, method).observe(0.1)
        for code in (200, 202, 400, 401, 404, 429):
            metrics.requests.labels(route, method, code).inc()
print(len(routes))
"""
READ = """
import django; django.setup()
import statistics, time
from config.http.metrics_endpoint import exposition
times = []
for _ in range(30):
    begun = time.perf_counter(); size = len(exposition()); times.append(1000 * (time.perf_counter() - begun))
print(f"{statistics.median(times):.0f} ms (slowest {max(times):.0f}), {size // 1024} KiB")
"""


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    base = free_ports_in_a_row(len(PORTS))
    with (
        tempfile.TemporaryDirectory() as folder,
        running(database_url=database_url, folder=Path(folder), settings={"METRICS_PORT": str(base)}) as stack,
    ):
        use(stack)
        ports = {"web": stack.port, **{name: base + more for name, more in PORTS.items()}}
        for name, port in ports.items():
            times, size = scraped(port)
            print(f"{name:8}{statistics.median(times):6.1f} ms (slowest {max(times):.1f}), {size // 1024} KiB")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(PROCESSES):
            python(FILL, folder)
        print(f"{PROCESSES} processes that have served every route: {python(READ, folder)}")


def use(stack: Stack) -> None:
    """Send some messages, so that the metrics are not empty."""
    alice = stack.sign_up()
    room = alice.room()
    for number in range(5):
        alice.wait_for_reply(alice.send(room, f"question {number}")["id"])


def scraped(port: int) -> tuple[list[float], int]:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        response = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
        times.append(1000 * (time.perf_counter() - begun))
        assert response.status_code == 200
    return times, len(response.content)


def python(script: str, folder: str) -> str:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": folder}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
