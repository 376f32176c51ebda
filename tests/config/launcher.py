"""`make run` on a copy of `config` with a Procfile of small programs, so that a run is short."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import requests

from config import environment, processes
from config.dev.child_processes import die_with_parent
from tests.ports import free_port

PROCFILE = """
# A comment: not a process
web: python web.py $PORT
stream: python web.py $STREAM_PORT
worker: python worker.py
release: python release.py
"""
PROGRAMS = {
    "web.py": """
        import http.server, os, signal, sys

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(os.environ[self.path[1:]].encode() if self.path != "/readyz" else b"ok")

            def log_message(self, *_):
                pass

        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        http.server.ThreadingHTTPServer((os.environ["HOST"], int(sys.argv[1])), Handler).serve_forever()
    """,
    "worker.py": """
        import os, signal, subprocess, sys, time

        def stop(*_):
            print("worker hands back", flush=True)
            sys.exit(0)

        signal.signal(signal.SIGTERM, stop)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        print("worker", os.getpid(), "with child", child.pid, flush=True)
        time.sleep(600)
    """,
    "release.py": """
        print("database is up to date", flush=True)
    """,
}


KEY = "sk_test_" + "0" * 24
"""With a key there is no pretend Stripe."""


def own_settings(data_dir: Path) -> dict[str, str]:
    """Settings of a run that disturbs no other one."""
    return {
        "DATA_DIR": str(data_dir),
        "ENV_FILE": os.devnull,
        "PORT": str(free_port()),
        "STREAM_PORT": str(free_port()),
        "STRIPE_SECRET_KEY": KEY,
    }


class Run:
    """One `python -m config.dev.run`, with its output so far."""

    def __init__(self, *, checkout: Path, settings: dict[str, str]) -> None:
        self.data_dir = Path(settings["DATA_DIR"])
        self._file = checkout / "output"
        own = own_settings(self.data_dir) | settings
        inherited = {name: value for name, value in os.environ.items() if name not in environment.names()}
        self.port = int(own["PORT"])
        with self._file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.dev.run"],
                cwd=checkout,
                env={**inherited, **own},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    @property
    def output(self) -> str:
        return self._file.read_text()

    def wait_for(self, text: str, *, times: int = 1) -> Self:
        until(lambda: self.output.count(text) >= times or self.process.poll() is not None)
        assert self.output.count(text) >= times, self.output
        return self

    def ready(self) -> Self:
        """Wait until `web` and `stream` respond; the worker may not have started by then."""
        return self.wait_for("Ctrl-C stops everything")

    def with_worker(self) -> Self:
        """Wait until the worker handles signals and has its child, too."""
        return self.ready().wait_for("with child")

    def ended(self) -> int:
        return self.process.wait(timeout=120)

    def variable(self, name: str) -> str:
        """A variable in the environment of the process `web`."""
        return requests.get(f"http://127.0.0.1:{self.port}/{name}", timeout=120).text

    def pid_of(self, what: str) -> int:
        """The number after `what` in the last line of the output that has it."""
        return int(self.output.rpartition(f"{what} ")[2].split()[0])


def make_checkout(folder: Path) -> Path:
    shutil.copytree(processes.ROOT / "config", folder / "config", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "config/__init__.py").write_text("")  # the real one imports Celery, which costs half a second a time
    (folder / "Procfile").write_text(PROCFILE)
    for name, text in PROGRAMS.items():
        (folder / name).write_text(textwrap.dedent(text))
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run without settings, with the servers of the tests, for tests that only read from it."""
    folder = tmp_path_factory.mktemp("plain")
    settings = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    run = Run(checkout=make_checkout(folder), settings={"DATA_DIR": str(folder / "data"), **settings})
    yield run.ready()
    run.process.terminate()
    run.ended()


@pytest.fixture
def start(checkout: Path, data_dir: Path) -> Iterator[Callable[..., Run]]:
    """Start a run; PostgreSQL and Redis are those of the tests unless `own_servers` is set."""
    runs: list[Run] = []

    def begin(*, own_servers: bool = False, **settings: str) -> Run:
        given = {} if own_servers else {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
        runs.append(Run(checkout=checkout, settings={"DATA_DIR": str(data_dir), **given, **settings}))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.terminate()
            run.ended()


@pytest.fixture
def pretending(checkout: Path, start: Callable[..., Run]) -> Callable[..., Run]:
    """Start a run without a Stripe key."""
    folder = checkout / "tests/doubles/stripe"
    shutil.copytree(processes.ROOT / "tests/doubles/stripe", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return lambda **settings: start(STRIPE_SECRET_KEY="", PRETEND_STRIPE_PORT=str(free_port()), **settings)


def until(condition: Callable[[], Any], *, seconds: float = 120) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        time.sleep(0.05)
