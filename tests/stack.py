"""The real thing for tests: the Procfile's processes, with a database, a Redis and a Gemini double of their own."""

import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg
import requests
from redis import Redis

from config.dev.child_processes import die_with_parent
from config.dev.server_binaries import redis_server
from tests import promised
from tests.doubles.gemini.client import GeminiDouble
from tests.doubles.stripe.client import StripeDouble
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds that anything may take on a machine that pauses; what should be quick is measured in bench/."""

START_PATIENCE = 300.0
"""Seconds for a process to start: it takes five of CPU, which on a machine with forty others took over a minute."""

PROCESSES = ("web", "stream", "worker", "tasks", "beat")
LIMITS = ("daily_messages", "sends_per_minute", "parallel_replies", "waiting_replies")


@dataclass
class Person:
    """A signed-in user, as a client of the API."""

    stack: "Stack"
    id: int
    number: str
    access_token: str
    refresh_token: str
    http: requests.Session = field(default_factory=requests.Session, repr=False)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Ask once; in a patient stack again, if that is safe and the database was busy."""
        headers = {"Authorization": f"Bearer {self.access_token}", **options.pop("headers", {})}
        url, safe = self.stack.url + path, method == "GET" or "Idempotency-Key" in headers

        def ask() -> requests.Response:
            answer = self.http.request(method, url, headers=headers, timeout=PATIENCE, **options)
            if not (answer.history or options.get("stream")):
                promised.hold(method, url, answer.status_code, answer.headers, answer.content)
            return answer

        return until_not_busy(ask, {"service_unavailable"}) if safe and self.stack.is_patient else ask()

    def room(self, name: str = "Room") -> int:
        answer = self.call("POST", "/chatroom", json={"name": name})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def send(self, room: int, content: str, **options: Any) -> dict[str, Any]:
        path = f"/chatroom/{room}/message"
        if self.stack.is_patient and "headers" not in options:
            answer = self.send_surely(room, content)
        else:
            answer = self.call("POST", path, json={"content": content}, **options)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def send_surely(self, room: int, content: str = "Hello") -> requests.Response:
        """Send once, as a client does that repeats what met a busy database; also from many threads at once."""
        url = f"{self.stack.url}/chatroom/{room}/message"
        headers = {"Authorization": f"Bearer {self.access_token}", "Idempotency-Key": secrets.token_hex(8)}

        def ask() -> requests.Response:
            return requests.post(url, json={"content": content}, headers=headers, timeout=PATIENCE)

        return until_not_busy(ask, {"service_unavailable", "idempotency_in_flight"})

    def message(self, message_id: int) -> dict[str, Any]:
        answer = self.call("GET", f"/message/{message_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def answered(self, message_id: int, seconds: float = PATIENCE) -> dict[str, Any]:
        """The message once its reply is final: `web` looks for it, which costs less than to ask again and again."""
        return dict(wait_until(lambda: self._message_if_final(message_id), "a final reply", seconds))

    def _message_if_final(self, message_id: int) -> dict[str, Any] | None:
        answer = self.call("GET", f"/message/{message_id}?wait=5")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()) if answer.json()["reply"]["status"] in ("done", "failed", "stopped") else None


def wait_until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Look again and again, for `seconds` in which this process ran: what stops the whole machine does not count.

    What takes long is looked at less often: a look may cost more than what it waits for. Returns what was found.
    """
    waited, looked_at = 0.0, time.monotonic()
    while not (found := condition()):
        now = time.monotonic()
        waited, looked_at = waited + min(now - looked_at, 1.0), now
        assert waited < seconds, f"expected {what} within {seconds} s; last seen: {found!r}"
        time.sleep(min(max(0.05, waited / 10), 0.3))
    return found


def until_not_busy(ask: Callable[[], requests.Response], busy: set[str]) -> requests.Response:
    """The first answer that is none of these codes; the last one, after many."""
    for _ in range(150):
        answer = ask()
        if answer.status_code not in (409, 503) or answer.json().get("code") not in busy:
            break
        time.sleep(0.2)
    return answer


def in_parallel(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all the jobs at the same moment, a thread each; their results in the same order."""
    gate = threading.Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        gate.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


class Stack:
    """Starts, kills and asks the processes; every setting can be given by its name in the environment."""

    def __init__(self, *, database_url: str, folder: Path, settings: dict[str, str]) -> None:
        self.database_url = database_url
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.double = GeminiDouble()
        self.stripe = StripeDouble(webhook_url=f"{self.url}/webhook/stripe")
        self.stream_port = free_port()
        self._redis_port = free_port()
        self._redis: subprocess.Popen[bytes] | None = None
        self._redis_was_away = False
        self._database: psycopg.Connection[Any] | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        self._own_settings: dict[str, dict[str, str]] = {}
        self.limits: list[tuple[Any, ...]] = []
        """Each tier's slug and `LIMITS`, which `mend` sets again."""
        self.is_patient = False
        """Whether people repeat what meets a busy database: where no test takes the database away, it is no fault."""
        self.environment = {
            **os.environ,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "STREAM_PORT": str(self.stream_port),
            "STREAM_ORIGIN": f"http://127.0.0.1:{self.stream_port}",
            "WEB_PROCESSES": "2",
            "DATABASE_URL": database_url,
            "DATABASE_POOL_SIZE": "12",
            "REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "DATA_DIR": str(folder),
            "GEMINI_CLIENT": "google-genai",
            "GEMINI_API_KEY": "a-key-for-the-double",
            "GEMINI_BASE_URL": self.double.base_url,
            "GEMINI_BREAKER_FAILURES": "1000000",  # tests of failures would shut the others out
            "SMS_DELIVERY": "response",
            **self.stripe.settings(),
            "AUTH_REQUESTS_PER_MINUTE": "1000000",
            "LOG_FORMAT": "json",
            "REPLY_LEASE": "15",  # no pause of the machine reaches it: tests that need its end call `expire_leases`
            "REPLY_REAP_EVERY": "1",
            "REPLY_REPUBLISH_AFTER": "2",
            **{f"SMS_PER_{what}": "1000000" for what in ("ADDRESS_HOUR", "PREFIX_HOUR", "COUNTRY_DAY", "DAY")},
            **settings,
        }

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
            wait_until(lambda: self._ready(self.port), "web ready", START_PATIENCE)
        if "stream" in names:
            wait_until(lambda: self._ready(self.stream_port), "stream ready", START_PATIENCE)
        for name in {"worker", "tasks"} & starts.keys():
            process, before = self.processes[name], starts[name]
            wait_until(
                lambda name=name, process=process, before=before: (
                    self._count_of_starts(name) > before or process.poll() is not None
                ),
                f"{name} up",
                START_PATIENCE,
            )

    def restart(self, *names: str, **settings: str) -> None:
        """Kill processes and start them with further settings, which they keep until `mend`."""
        for name in names:
            self.kill(name)
            self._own_settings[name] = settings
        self.start(*names)

    def setting(self, name: str, *, process: str = "web") -> str:
        """What a process was started with."""
        return self._environment_of(process)[name]

    def mend(self, settings: dict[str, dict[str, str]] | None = None) -> None:
        """Undo what a test has broken and forget what it has made: all run as at first, and nothing is under way.

        With `settings`, by process, those run with settings of the test's own; who has them already is left alone.
        """
        for process in self._started:
            if process not in self.processes.values() and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self._started = list(self.processes.values())
        self.double.reset()
        self.stripe.reset()
        if self._redis is None:
            self.start_redis()
        self.thaw_redis()
        self.empty_redis()
        self._forget_people()
        broken = {name for name in PROCESSES if name not in self.processes or self.processes[name].poll() is not None}
        if self.double.ledger()["in_flight"]:
            broken.add("worker")
        if self._redis_was_away:  # their pauses between tries to connect again grow, and the next test is not to wait
            broken |= {"worker", "tasks", "beat"}
        self._redis_was_away = False
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
        """Whether worker, tasks and beat do their work; after Redis was away, Celery now and then is dead, or hangs."""
        [(begun,)] = self.sql("SELECT clock_timestamp()")
        done = "SELECT 1 FROM django_celery_results_taskresult WHERE date_done > %s"
        with Redis.from_url(self.environment["REDIS_URL"]) as client:
            for _ in range(50):
                consumers = sum(each["cmd"] == "brpop" for each in client.client_list())
                if consumers >= 2 and self.sql(done, begun):
                    return True
                time.sleep(0.1)
        return False

    def _forget_people(self) -> None:
        """Delete everybody and all that is theirs, while the processes go on; the limits are those of the start."""
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
        production = {} if name == "web" else self._production()
        return self.environment | production | self._own_settings.get(name, {})

    def _count_of_starts(self, name: str) -> int:
        return self.log(name).count("ready.") if self.log_file(name).exists() else 0

    def _production(self) -> dict[str, str]:
        """What makes a process run as in production; `web` would then answer over HTTPS alone."""
        return {
            "DEBUG": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "WEB_ORIGIN": self.url,
            "SHOW_CODES_TO_ANYONE": "true",
        }

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
        """Kill -9 of the whole process group; a worker's leases end as if their time had passed."""
        process = self.processes.pop(name)
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if name == "worker":
            self.expire_leases()

    def expire_leases(self) -> None:
        """Let the time of every lease on a reply have passed."""
        self.sql("UPDATE chatrooms_message SET lease_until = now() WHERE lease_until IS NOT NULL")

    def stop(self, name: str, seconds: float = PATIENCE) -> int:
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

    # Redis

    def start_redis(self) -> None:
        """Start this stack's own Redis, empty."""
        self._redis = subprocess.Popen(
            [
                str(redis_server()),
                *("--port", str(self._redis_port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd=self.folder,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        wait_until(lambda: _listens(self._redis_port), "Redis up")

    def stop_redis(self) -> None:
        """Kill -9; what it held is gone."""
        assert self._redis is not None
        self._redis_was_away = True
        self._redis.kill()
        self._redis.wait()
        self._redis = None

    def empty_redis(self) -> None:
        with Redis.from_url(self.environment["REDIS_URL"]) as client:
            client.flushall()

    def freeze_redis(self) -> None:
        assert self._redis is not None
        self._redis_was_away = True
        self._redis.send_signal(signal.SIGSTOP)

    def thaw_redis(self) -> None:
        assert self._redis is not None
        self._redis.send_signal(signal.SIGCONT)

    # Questions

    def run(self, what: str, code: str) -> None:
        """Run some Python of Django's, with the settings of the stack."""
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
        """Ask (or change) the database behind the API's back."""
        if self._database is None:
            self._database = psycopg.connect(self.database_url, autocommit=True)
        cursor = self._database.execute(query, named or parameters)
        return cursor.fetchall() if cursor.description else []

    def forget_connection(self) -> None:
        """Let the next question connect anew: PostgreSQL was restarted."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def sign_up(self) -> Person:
        """A new person, signed in by code over HTTP."""
        number = f"+919{random.randrange(10**8, 10**9)}"
        otp = self.post("/auth/send-otp", {"mobile_number": number}).json()["otp"]
        tokens = self.post("/auth/verify-otp", {"mobile_number": number, "otp": otp}).json()
        [(user_id,)] = self.sql("SELECT id FROM accounts_user WHERE mobile_number = %s", number)
        return Person(self, user_id, number, tokens["access_token"], tokens["refresh_token"])

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        answer = self.try_post(path, body)
        assert answer.ok, answer.text
        return answer

    def try_post(self, path: str, body: dict[str, Any]) -> requests.Response:
        return requests.post(self.url + path, json=body, timeout=PATIENCE)

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
        if self._redis is not None:
            self._redis.kill()
            self._redis.wait()
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
        stack.start_redis()
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


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
