"""Starts PostgreSQL and Redis for development and tests: real servers, from pip packages.

Both listen on the loopback interface with a password, because the path of a Unix socket is limited to 107 bytes. On
Linux both stop by themselves when the process that started them dies.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError

from config.dev import server_binaries as programs
from config.dev.child_processes import die_with_parent
from config.dev.server_binaries import ServerError

HOST: Final = "127.0.0.1"

START_TIMEOUT: Final = 60.0
"""Seconds for a server to become ready, including recovery from a crash."""

STOP_TIMEOUT: Final = 20.0
"""Seconds that a server has to stop after each signal, before the next, stronger one."""

CONNECTIONS: Final = 200
"""PostgreSQL's limit: every process of the Procfile may fill a pool, and consoles and tests need some too."""

QUIET: Final = ("log_checkpoints=off", "log_min_error_statement=panic", "log_error_verbosity=terse")
"""PostgreSQL settings that keep the text of statements, and values of rows, out of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that this process started."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signals: tuple[signal.Signals, ...]

    def stop(self) -> None:
        """Stop the server, with a stronger signal after each timeout, and wait until it has ended."""
        for number in (*self.stop_signals, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=STOP_TIMEOUT)
                return

    def last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])


@contextmanager
def postgresql(*, data_dir: Path, password: str, options: tuple[str, ...] = ()) -> Iterator[Server]:
    """Run PostgreSQL with its data in `data_dir`/postgresql, and a database `kuvaka` in it.

    Args:
        data_dir: a folder that this process holds (`config.dev.embedded.hold`).
        password: of the role `kuvaka`; it must not change for existing data.
        options: further settings of the server, each as `name=value`.

    Raises:
        ServerError: if it does not start.
    """
    folder = data_dir / "postgresql"
    program = programs.postgresql("postgres")
    if not folder.exists():
        _make_cluster(folder=folder, password=password)
    _stop_leftover(folder / "postmaster.pid", program="postgres", number=signal.SIGINT)
    settings = [
        f"listen_addresses={HOST}",
        "unix_socket_directories=",
        f"max_connections={CONNECTIONS}",
        *QUIET,
        *options,
    ]

    def start(port: int) -> Server:
        arguments = [part for setting in (*settings, f"port={port}") for part in ("-c", setting)]
        return _launch(
            [str(program), "-D", str(folder), *arguments],
            folder=folder,
            url=f"postgresql://kuvaka:{password}@{HOST}:{port}/kuvaka",
            stop_signals=(signal.SIGINT, signal.SIGQUIT),
        )

    with _running(start, port_file=data_dir / "postgresql.port", is_ready=_database_is_ready) as server:
        yield server


@contextmanager
def redis(*, data_dir: Path, password: str, keep: bool = True) -> Iterator[Server]:
    """Run Redis with its data in `data_dir`/redis; nothing is evicted, and every write goes to the append-only file.

    Args:
        data_dir: a folder that this process holds (`config.dev.embedded.hold`).
        password: what clients authenticate with.
        keep: whether data is kept across restarts; otherwise Redis starts empty and writes nothing to disk.

    Raises:
        ServerError: if it does not start.
    """
    folder = data_dir / "redis"
    program = programs.redis_server()
    if not folder.exists():
        programs.make_folder(folder)
    _stop_leftover(folder / "redis.pid", program=program.name, number=signal.SIGTERM)
    settings = {
        "bind": HOST,
        "requirepass": password,
        "pidfile": "redis.pid",
        "appendonly": "yes" if keep else "no",
        "save": '""',
        "maxmemory-policy": "noeviction",
    }

    def start(port: int) -> Server:
        return _launch(
            [str(program), "-"],
            folder=folder,
            url=f"redis://:{password}@{HOST}:{port}/0",
            stop_signals=(signal.SIGTERM,),
            given="".join(f"{name} {value}\n" for name, value in (*settings.items(), ("port", port))),
        )

    with _running(start, port_file=data_dir / "redis.port", is_ready=_redis_is_ready) as server:
        yield server


# --- Starting one of them ---------------------------------------------------------------------------------------------


def _make_cluster(*, folder: Path, password: str) -> None:
    """Make a new PostgreSQL cluster; an interrupted one is made again from scratch.

    Its collation is PostgreSQL's own C.UTF-8: it needs no locale of the machine and sorts the same everywhere.
    """
    unfinished = folder.with_name("postgresql.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    programs.make_folder(unfinished)
    password_file = unfinished / "password"
    password_file.write_text(password)
    programs.give(password_file)
    result = subprocess.run(
        [
            str(programs.postgresql("initdb")),
            *("-D", "data", "-U", "kuvaka", "--auth=scram-sha-256", "--pwfile=password", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-c", "timezone=UTC"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=unfinished,
        env=_environment(),
        start_new_session=True,
        **programs.identity(),
    )
    if result.returncode != 0:
        raise ServerError(f"PostgreSQL cannot initialise its data in {folder}:\n{result.stderr.strip()}")
    (unfinished / "data").rename(folder)
    shutil.rmtree(unfinished)


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def _running(start: Callable[[int], Server], *, port_file: Path, is_ready: Callable[[str], bool]) -> Iterator[Server]:
    """Start a server on the port of its last run, or on another one if that is taken, and stop it at the end."""
    port = _remembered_port(port_file)
    for _ in range(2):
        server = start(port)
        try:
            if _becomes_ready(server, is_ready=is_ready):
                port_file.write_text(str(port))
                yield server
                return
        finally:
            server.stop()
        port = _free_port()
    raise ServerError(f"{server.name} does not start. The end of {server.log}:\n{server.last_words()}")


def _becomes_ready(server: Server, *, is_ready: Callable[[str], bool]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT
    while server.process.poll() is None and time.monotonic() < deadline:
        if is_ready(server.url):
            return True
        time.sleep(0.05)
    return False


def _launch(
    command: list[str], *, folder: Path, url: str, stop_signals: tuple[signal.Signals, ...], given: str = ""
) -> Server:
    """Start `command` in its own session, so that Ctrl-C in a terminal reaches this process only."""
    log = folder.with_suffix(".log")
    with open(log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
            preexec_fn=die_with_parent(stop_signals[0]),  # noqa: PLW1509  it calls prctl and nothing else
            **programs.identity(),
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin:
        process.stdin.write(given.encode())
    return Server(name=folder.name, url=url, process=process, log=log, stop_signals=stop_signals)


def _stop_leftover(pid_file: Path, *, program: str, number: signal.Signals) -> None:
    """End a server that outlived its launcher, so that two servers never share the data.

    It is ours if the process in the server's PID file runs that program in that folder. Another process may have got
    the same id: it is left alone, and the file, which would prevent PostgreSQL from starting, is removed.
    """
    import psutil  # noqa: PLC0415  a development requirement

    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.name() == program and Path(process.cwd()) == pid_file.parent.resolve():
            process.send_signal(number)
            process.wait(timeout=STOP_TIMEOUT)
    except psutil.TimeoutExpired:
        raise ServerError(f"A {program} of an earlier run, process {process.pid}, does not stop.") from None
    except (OSError, ValueError, IndexError, psutil.Error):
        pass
    pid_file.unlink(missing_ok=True)


def _database_is_ready(url: str) -> bool:
    """Return whether PostgreSQL accepts connections; create the database if it does not exist."""
    target, _, name = url.rpartition("/")
    try:
        with psycopg.connect(f"{target}/postgres", connect_timeout=2, autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.OperationalError:
        return False
    return True


def _redis_is_ready(url: str) -> bool:
    """Return whether Redis answers and has loaded its data."""
    with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
        try:
            return bool(client.ping())
        except RedisError:
            return False


def _remembered_port(file: Path) -> int:
    """Return the port of the last run if it is still free, and otherwise another one."""
    with suppress(OSError, ValueError):
        return _free_port(int(file.read_text()))
    return _free_port()


def _free_port(wanted: int = 0) -> int:
    """Return a TCP port that a server could listen on now: `wanted`, if it is not 0.

    Raises:
        OSError: if `wanted` is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, wanted))
        return int(probe.getsockname()[1])
