"""The whole stack for tests: the Procfile's processes, with their own database, Redis and Gemini double."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import psycopg
import requests
from redis import Redis

from config.dev.child_processes import die_with_parent
from tests import stack_settings
from tests.api_user import ApiUser
from tests.doubles.gemini.client import GeminiDouble
from tests.doubles.stripe.client import StripeDouble
from tests.ports import free_port
from tests.stack_redis import StackRedis
from tests.waiting import TIMEOUT, wait_until

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 300.0
"""Seconds for a process to start: it takes five of CPU, which on a machine with forty others took over a minute."""

PROCESSES = ("web", "stream", "worker", "tasks", "beat")
LIMITS = ("daily_messages", "sends_per_minute", "parallel_replies", "waiting_replies", "kept_file_bytes")


class Stack:
    """Starts, kills and calls the processes; every setting can be given by its name in the environment."""

    def __init__(self, *, database_url: str, folder: Path, settings: dict[str, str]) -> None:
        self.database_url = database_url
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.double = GeminiDouble()
        self.stripe = StripeDouble(webhook_url=f"{self.url}/webhook/stripe")
        self.stream_port = free_port()
        self.redis = StackRedis(folder)
        self._database: psycopg.Connection[Any] | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        self._own_settings: dict[str, dict[str, str]] = {}
        self.limits: list[tuple[Any, ...]] = []
        """Each tier's slug and `LIMITS`, which `restore` sets again."""
        self.retries_when_busy = False
        """Whether users repeat requests while the database is busy: no fault where no test stops the database."""
        self.environment = stack_settings.environment_of(self) | settings

    # Processes

    def start(self, *names: str) -> None:
        """Start processes of the Procfile; their output goes to a file each in the stack's folder."""
        starts = {name: self._count_of_starts(name) for name in names}
        for name in names:
            with self.log_file(name).open("ab") as output:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "config.processes", name],
                    cwd=ROOT,
                    env=self._environment_of(name),
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    preexec_fn=die_with_parent(signal.SIGTERM),
                )
            self._started.append(self.processes[name])
        if "web" in names:
            wait_until(lambda: self._ready(self.port), "web ready", START_TIMEOUT)
        if "stream" in names:
            wait_until(lambda: self._ready(self.stream_port), "stream ready", START_TIMEOUT)
        for name in {"worker", "tasks"} & starts.keys():
            process, before = self.processes[name], starts[name]
            wait_until(
                lambda name=name, process=process, before=before: (
                    self._count_of_starts(name) > before or process.poll() is not None
                ),
                f"{name} up",
                START_TIMEOUT,
            )

    def restart(self, *names: str, **settings: str) -> None:
        """Kill processes and start them with further settings, which they keep until `restore`."""
        for name in names:
            self.kill(name)
            self._own_settings[name] = settings
        self.start(*names)

    def setting(self, name: str, *, process: str = "web") -> str:
        """What a process was started with."""
        return self._environment_of(process)[name]

    def restore(self, settings: dict[str, dict[str, str]] | None = None) -> None:
        """Undo what a test has broken and delete what it has made; all processes run as at first, without work.

        With `settings`, by process, those run with these settings; one that has them already is not restarted.
        """
        for process in self._started:
            if process not in self.processes.values() and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._started = list(self.processes.values())
        self.double.reset()
        self.stripe.reset()
        if not self.redis.is_running:
            self.redis.start()
        self.redis.thaw()
        self.redis.empty()
        self._delete_users()
        broken = {name for name in PROCESSES if name not in self.processes or self.processes[name].poll() is not None}
        if self.double.ledger()["in_flight"]:
            broken.add("worker")
        if self.redis.was_unavailable:  # their pauses between connection attempts have grown
            broken |= {"worker", "tasks", "beat"}
        self.redis.was_unavailable = False
        wanted = settings or {}
        names = wanted.keys() | self._own_settings.keys()
        broken |= {name for name in names if wanted.get(name) != self._own_settings.get(name)}
        self._own_settings = dict(wanted)
        for name in (broken & self.processes.keys()) | (self.processes.keys() - set(PROCESSES)):
            self.kill(name)
        for log in self.folder.glob("*.log"):
            log.write_bytes(b"")
        self.start(*broken)
        self.double.reset()

    def is_consuming(self) -> bool:
        """Whether worker, tasks and beat do their work; after an outage of Redis, Celery sometimes exits or hangs."""
        [(begun,)] = self.sql("SELECT clock_timestamp()")
        done = "SELECT 1 FROM django_celery_results_taskresult WHERE date_done > %s"
        with Redis.from_url(self.environment["REDIS_URL"]) as client:
            for _ in range(50):
                consumers = sum(each["cmd"] == "brpop" for each in client.client_list())
                if consumers >= 2 and self.sql(done, begun):
                    return True
                time.sleep(0.1)
        return False

    def _delete_users(self) -> None:
        """Delete all users and their data while the processes run, and restore the limits of the tiers."""
        for _ in range(20):
            with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                self.sql(
                    "SET lock_timeout = '2s'; TRUNCATE accounts_user, accounts_onetimecode, accounts_tries, "
                    "billing_stripeevent, axes_accessattempt CASCADE; RESET lock_timeout"
                )
                break
        for slug, *limits in self.limits:
            self.set_tier(slug, **dict(zip(LIMITS, limits, strict=True)))

    def _environment_of(self, name: str) -> dict[str, str]:
        production = {} if name == "web" else stack_settings.production(self)
        return self.environment | production | self._own_settings.get(name, {})

    def _count_of_starts(self, name: str) -> int:
        return self.log(name).count("ready.") if self.log_file(name).exists() else 0

    def log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log(self, name: str) -> str:
        return self.log_file(name).read_text(errors="replace")

    def keep_logs(self, test: str) -> Path:
        """Copy the logs as they are now; the folder they are in."""
        folder = self.folder / f"failed-{re.sub('[^A-Za-z0-9_-]+', '-', test)[:80]}"
        folder.mkdir(exist_ok=True)
        for log in self.folder.glob("*.log"):
            shutil.copy(log, folder)
        return folder

    def signal(self, name: str, number: signal.Signals) -> None:
        os.killpg(self.processes[name].pid, number)

    def kill(self, name: str) -> None:
        """Kill -9 of the whole process group; a worker's leases expire."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if name == "worker":
            self.expire_leases()

    def expire_leases(self) -> None:
        """Expire every lease on a reply."""
        self.sql("UPDATE chatrooms_message SET lease_until = now() WHERE lease_until IS NOT NULL")

    def stop(self, name: str, seconds: float = TIMEOUT) -> int:
        """SIGTERM, as a supervisor sends it; the exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def _ready(self, port: int) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    # Questions

    def run(self, what: str, code: str) -> None:
        """Run Python code in `manage.py shell`, with the settings of the stack."""
        ran = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{what}: {ran.stderr}"

    def sql(self, query: str, *parameters: Any, **named: Any) -> list[tuple[Any, ...]]:
        """Query or change the database directly, without the API."""
        if self._database is None:
            self._database = psycopg.connect(self.database_url, autocommit=True)
        cursor = self._database.execute(query, named or parameters)
        return cursor.fetchall() if cursor.description else []

    def forget_connection(self) -> None:
        """Close the connection after a restart of PostgreSQL; the next query opens another."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def sign_up(self) -> ApiUser:
        """A new user, signed in by code over HTTP."""
        number = f"+919{random.randrange(10**8, 10**9)}"
        otp = self.post("/auth/send-otp", {"mobile_number": number}).json()["otp"]
        tokens = self.post("/auth/verify-otp", {"mobile_number": number, "otp": otp}).json()
        [(user_id,)] = self.sql("SELECT id FROM accounts_user WHERE mobile_number = %s", number)
        return ApiUser(self, user_id, number, tokens["access_token"], tokens["refresh_token"])

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        response = self.try_post(path, body)
        assert response.ok, response.text
        return response

    def try_post(self, path: str, body: dict[str, Any]) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=TIMEOUT)

    def set_tier(self, slug: str = "basic", **values: int | None) -> None:
        for name, value in values.items():
            self.sql(f"UPDATE billing_tier SET {name} = %s WHERE slug = %s", value, slug)

    def unfinished(self) -> int:
        [(count,)] = self.sql("SELECT count(*) FROM chatrooms_message WHERE status IN ('queued', 'generating')")
        return int(count)

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.redis.close()
        if self._database is not None:
            self._database.close()
        self.double.stop()
        self.stripe.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def running(*, database_url: str, folder: Path, settings: dict[str, str] | None = None) -> Iterator[Stack]:
    """A whole stack, with the tiers seeded."""
    with ExitStack() as cleanup:
        stack = cleanup.enter_context(Stack(database_url=database_url, folder=folder, settings=settings or {}))
        stack.redis.start()
        subprocess.run(
            [sys.executable, "manage.py", "seed_tiers"],
            cwd=ROOT,
            env=stack.environment,
            check=True,
            capture_output=True,
        )
        with psycopg.connect(database_url, autocommit=True) as database:
            database.execute("UPDATE billing_tier SET daily_messages = NULL, sends_per_minute = 1000000")
            stack.limits = database.execute(f"SELECT slug, {', '.join(LIMITS)} FROM billing_tier").fetchall()
        stack.start(*PROCESSES)
        yield stack
