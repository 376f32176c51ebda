"""What a request of the hot path costs: `make bench`, on an idle machine, with wrk on the PATH.

Kuvaka's `web` (one process, production's settings), a floor and a peer get the same requests, in turns, over 16
connections: `bench/load` says what they are. The CPU time that a request takes in the server's processes hardly depends
on how busy the machine is; throughput and latencies are printed beside it.

Takes a quarter of an hour: USERS, MESSAGES, ROUNDS and SECONDS in the environment make it smaller.
"""

import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt
import psutil
import psycopg

from bench.load.data import Size, fill
from bench.load.environments import python_of, serving
from bench.load.recording import WORKS, Client, Recording, Work
from config import processes
from tests import servers, stack_settings
from tests.conftest import _urls
from tests.ports import free_port
from tests.stack import Stack

SIZE = Size(users=int(os.environ.get("USERS", "100000")), messages=int(os.environ.get("MESSAGES", "1000000")))
ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("SECONDS", "4"))
CLIENTS, CONNECTIONS = 200, 16
FOLDER = Path(__file__).parent / "load"
PEER_KEY = "a-key-of-the-peers-which-is-long-enough-for-hs256"


@dataclass
class Server:
    """A server under load: where it is, and whose CPU time counts."""

    name: str
    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Seconds that it and its children have used."""
        return sum(sum(each.cpu_times()[:2]) for each in self._all())

    def memory(self) -> float:
        """MiB of memory, what is shared counted in parts (PSS)."""
        return sum(each.memory_full_info().pss for each in self._all()) / 2**20

    def anonymous(self) -> float:
        """MiB of memory that is no file's: heaps and stacks."""
        return sum(_anonymous(each.pid) for each in self._all())

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def _anonymous(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss_Anon:"))


@dataclass
class Run:
    """One run of wrk."""

    per_second: float
    cpu_ms: float
    p50: float
    p99: float
    failed: int


def main() -> None:
    if wrk_is_missing():
        return
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory()))
        database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "hot_path")
        stack = cleanup.enter_context(Stack(database_url=database_url, folder=folder, settings={"WEB_PROCESSES": "1"}))
        stack.redis.start()
        stack.run("the tiers", "from django.core.management import call_command; call_command('seed_tiers')")
        fill(database_url, SIZE)
        recorded = folder / "recorded"
        clients, recordings = record(stack, recorded)
        started = {
            "floor": cleanup.enter_context(floor(stack, recorded)),
            "peer": cleanup.enter_context(peer(stack, folder)),
            "kuvaka": web(stack),
        }
        report(started, run_all(started, clients, folder), recordings)


def wrk_is_missing() -> bool:
    """Whether nothing can be measured, which is said."""
    if shutil.which("wrk") is None:
        print("This is not measured: wrk is not installed (apt-get install wrk).")
        return True
    return False


def production(stack: Stack) -> dict[str, str]:
    return stack_settings.production(stack) | {"PROXY_HOPS": "1"}


def record(stack: Stack, target: Path) -> tuple[list[Client], dict[str, Recording]]:
    environment = {**stack.environment, **production(stack)}
    arguments = [sys.executable, "-m", "bench.load.recording", str(target), str(CLIENTS)]
    subprocess.run(arguments, cwd=processes.ROOT, env=environment, check=True)
    clients, recordings = pickle.loads(target.read_bytes())
    return clients, recordings


def web(stack: Stack) -> Server:
    stack._own_settings["web"] = production(stack)
    stack.start("web")
    return Server("kuvaka", stack.port, psutil.Process(stack.processes["web"].pid))


@contextmanager
def floor(stack: Stack, recorded: Path) -> Iterator[Server]:
    port = free_port()
    variables = {"FLOOR_RECORDING": str(recorded), "DATABASE_URL": stack.database_url}
    command = [
        *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--blocking-threads", "32", "--no-ws", "bench.load.floor:application"),
    ]
    environment = processes.environment({**stack.environment, **variables})
    with serving(command, environment, port) as process:
        yield Server("floor", port, process)


@contextmanager
def peer(stack: Stack, folder: Path) -> Iterator[Server]:
    """The peer in its own virtual environment, with as many rows of the same size."""
    port = free_port()
    python = python_of("peer")
    database_url = servers.clone_database(_urls, "template0", "peer")
    _fill_peer(stack.database_url, database_url)
    variables = {
        "PEER_KEY": PEER_KEY,
        "PEER_DATABASE_URL": database_url.replace("postgresql://", "postgresql+psycopg://"),
        "PEER_REDIS_URL": stack.environment["REDIS_URL"].removesuffix("/0") + "/1",
    }
    command = [
        *(str(python), "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--no-access-log"),
        *("--log-level", "warning", "bench.load.peer:app"),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    with serving(command, {**environment, **variables}, port) as process:
        yield Server("peer", port, process)


def _fill_peer(source: str, target: str) -> None:
    """Copy users, rooms and messages over, a reply folded into its message."""
    copies = {
        "users (id bigint PRIMARY KEY, mobile_number text UNIQUE, display_name text, tier text)": (
            "SELECT id, mobile_number, display_name, 'basic' FROM accounts_user"
        ),
        "usage (user_id bigint, day date, used int, PRIMARY KEY (user_id, day))": None,
        "rooms (id bigint PRIMARY KEY, user_id bigint, name text, created_at timestamptz, updated_at timestamptz)": (
            "SELECT id, user_id, name, created_at, updated_at FROM chatrooms_chatroom"
        ),
        (
            "messages (id bigserial PRIMARY KEY, room_id bigint, user_id bigint, content text, gemini_response text, "
            "status text, created_at timestamptz)"
        ): (
            "SELECT m.id, m.room_id, m.user_id, m.content, r.content, r.status, m.created_at FROM chatrooms_message m "
            "JOIN chatrooms_message r ON r.answers_id = m.id"
        ),
    }
    with psycopg.connect(source) as one, psycopg.connect(target, autocommit=True) as other:
        for table, query in copies.items():
            other.execute(f"CREATE TABLE {table}")
            if query is None:
                continue
            name = table.partition(" ")[0]
            with (
                one.cursor().copy(f"COPY ({query}) TO STDOUT") as rows,
                other.cursor().copy(f"COPY {name} FROM STDIN") as to,
            ):
                for row in rows:
                    to.write(row)
        other.execute("CREATE INDEX ON rooms (user_id); CREATE INDEX messages_of_room ON messages (room_id, id)")
        other.execute("SELECT setval('messages_id_seq', (SELECT max(id) FROM messages))")
        other.execute("VACUUM ANALYZE")


def run_all(started: dict[str, Server], clients: list[Client], folder: Path) -> dict[tuple[str, str], list[Run]]:
    runs: dict[tuple[str, str], list[Run]] = {}
    for work in WORKS:
        files = {name: _load_file(folder, name, work, clients) for name in started}
        for number in range(ROUNDS + 1):
            for name, server in started.items():
                run = measured(server, files[name])
                if number:  # the first one warms up
                    runs.setdefault((work.name, name), []).append(run)
    return runs


def _load_file(folder: Path, name: str, work: Work, clients: list[Client]) -> Path:
    """The requests of one work, for wrk; the peer has its own tokens, for the same users."""
    file = folder / f"{name}-{WORKS.index(work)}"
    lines = [client.line(work).split("\t") for client in clients]
    if name == "peer":
        for line in lines:
            user = jwt.decode(line[2], options={"verify_signature": False})["user_id"]
            line[2] = jwt.encode({"sub": str(user)}, PEER_KEY, "HS256")
    file.write_text("".join("\t".join(line) + "\n" for line in lines))
    return file


def measured(server: Server, file: Path) -> Run:
    """Send the requests of a file for `SECONDS`."""
    before = server.cpu()
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(FOLDER / "load.lua")]
    ran = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}"],
        env={**os.environ, "LOAD": str(file)},
        capture_output=True,
        text=True,
        check=True,
    )
    cpu = server.cpu() - before
    fields = next(line for line in ran.stdout.splitlines() if line.startswith("RESULT")).split()[1:]
    count, microseconds, failed, p50, p99 = (float(each) for each in fields)
    return Run(count / microseconds * 1e6, 1000 * cpu / count, p50, p99, int(failed))


def report(
    started: dict[str, Server], runs: dict[tuple[str, str], list[Run]], recordings: dict[str, Recording]
) -> None:
    print(f"{os.cpu_count()} cores, {SIZE.users:,} users, {SIZE.messages:,} messages, medians of {ROUNDS} rounds\n")
    print(f"{'':30}{'':8}{'per s':>8}{'CPU ms':>8}{'p50':>8}{'p99':>8}{'failed':>8}{'SQL':>5}{'Redis':>6}")
    for work in WORKS:
        for name in started:
            all_of = runs[work.name, name]
            middle = {what: statistics.median(getattr(run, what) for run in all_of) for what in vars(all_of[0])}
            counts = recordings[work.name] if name == "kuvaka" else None
            print(
                f"{work.name if name == 'floor' else '':30}{name:8}{middle['per_second']:8.0f}{middle['cpu_ms']:8.2f}"
                f"{middle['p50']:8.1f}{middle['p99']:8.1f}{max(run.failed for run in all_of):8}"
                + (f"{len(counts.statements):5}{len(counts.commands):6}" if counts else "")
            )
        ours, floors, peers = (runs[work.name, name] for name in ("kuvaka", "floor", "peer"))
        print(
            f"{'':30}throughput {_ratio(ours, peers, 'per_second'):.2f} of the peer's, "
            f"{_ratio(ours, floors, 'per_second'):.2f} of the floor's; CPU {_ratio(ours, peers, 'cpu_ms'):.2f} of the "
            f"peer's, {_ratio(ours, floors, 'cpu_ms'):.2f} of the floor's"
        )
    print("\nMemory (PSS), MiB: " + ", ".join(f"{name} {server.memory():.0f}" for name, server in started.items()))


def _ratio(ours: list[Run], theirs: list[Run], what: str) -> float:
    """The median of the rounds' ratios: two runs of one round met the same machine."""
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    main()
