"""PostgreSQL and Redis for a test run, and the templates of its databases.

Runs may overlap. They share one PostgreSQL, run by another process (`python -m tests.servers`) that stops when
the last run has ended, however that ended: each holds a lock which the kernel releases with its process. Each run has
its own databases and Redis. TEST_DATABASE_URL and TEST_REDIS_URL name other servers; that Redis is emptied.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from redis import Redis

from config.dev import database_servers, embedded, schema
from config.dev.embedded import Urls
from config.infrastructure import snapshot

ROOT = Path(__file__).resolve().parent.parent
FOLDER = embedded.default_data_dir() / "tests"
RUN = f"run{os.getpid()}"
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400")
"""PostgreSQL that need not survive a crash of the machine, with connections for several stacks."""

KEPT_TEMPLATES = 3
"""The newest ones stay, for runs that started from another state of the migrations."""

START_TIMEOUT = 90.0


@contextmanager
def running() -> Iterator[Urls]:
    """Start what the tests need; the database named in the URL is this run's own, and empty."""
    embedded.make_folder(FOLDER)
    with ExitStack() as stack:
        database_url = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(_shared_postgresql())
        redis_url = os.environ.get("TEST_REDIS_URL") or stack.enter_context(_own_redis())
        with Redis.from_url(redis_url) as client:
            client.flushall()
        _drop_databases_of_dead_runs(database_url)
        with _execute(database_url) as execute:
            execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(RUN)))
        stack.callback(_drop_databases_of, database_url, os.getpid())
        yield Urls(database_url=with_name(database_url, RUN), redis_url=redis_url)


def ensure_template(urls: Urls) -> str:
    """Return the name of a database with the schema as it is now; made, in seconds, if there is none."""
    return _ensure(urls, f"template_{_name_of(snapshot.FILE.read_text())}", prepare)


def ensure_migrated(urls: Urls) -> str:
    """Return the name of a database that the migrations have made, without the snapshot; minutes if there is none."""
    return _ensure(urls, f"migrated_{_name_of()}", schema.migrate)


def _ensure(urls: Urls, name: str, make: Callable[[str], None]) -> str:
    kind = name.partition("_")[0]
    with _locked(f"{kind}.lock"), _execute(urls.database_url) as execute:
        if (name,) not in execute(sql.SQL("SELECT datname FROM pg_database")):
            _make_database(urls, name, make)
        old = execute(
            sql.SQL(
                "SELECT datname FROM pg_database WHERE starts_with(datname, {}) AND datname <> {} ORDER BY oid DESC"
            ).format(sql.Literal(f"{kind}_"), sql.Literal(name))
        )
        for (each,) in old[KEPT_TEMPLATES - 1 :]:
            execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(each)))
    return name


def clone_database(urls: Urls, template: str, name: str) -> str:
    """Copy the template to a database of this run, replacing one of that name, and return its URL."""
    own = f"{RUN}_{name}"
    with _execute(urls.database_url) as execute:
        execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(own)))
        execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(own), sql.Identifier(template)))
    return with_name(urls.database_url, own)


def keep_postgresql() -> None:
    """Run the shared PostgreSQL until no test run uses it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(embedded.hold(FOLDER))
        except embedded.EmbeddedError:
            return  # another run was first to start one
        password = embedded.secret(data_dir=FOLDER, name="postgresql")
        server = stack.enter_context(database_servers.postgresql(data_dir=FOLDER, password=password, options=UNSAFE))
        stack.enter_context(embedded.published(FOLDER, Urls(database_url=server.url, redis_url="")))
        with (FOLDER / "users").open("a") as file:
            while server.process.poll() is None:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return  # a run that starts now waits until this process has ended
                time.sleep(0.3)


@contextmanager
def _shared_postgresql() -> Iterator[str]:
    with (FOLDER / "users").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        give_up_at = time.monotonic() + START_TIMEOUT
        keeper: subprocess.Popen[bytes] | None = None
        while (urls := embedded.running_urls(FOLDER)) is None:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"PostgreSQL does not start:\n{(FOLDER / 'keeper.log').read_text()}")
            if keeper is None or keeper.poll() is not None:
                keeper = _start_keeper()
            time.sleep(0.1)
        yield urls.database_url


def _start_keeper() -> subprocess.Popen[bytes]:
    with (FOLDER / "keeper.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.servers"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@contextmanager
def _own_redis() -> Iterator[str]:
    for left in FOLDER.glob("run*"):
        if not psutil.pid_exists(int(left.name.removeprefix("run"))):
            shutil.rmtree(left, ignore_errors=True)
    folder = FOLDER / RUN
    shutil.rmtree(folder, ignore_errors=True)
    embedded.make_folder(folder)
    try:
        with database_servers.redis(data_dir=folder, password=secrets.token_hex(16), keep=False) as server:
            yield server.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _name_of(text: str = "") -> str:
    """A name that differs for each state of the migrations and of `text`."""
    return hashlib.sha256(schema.seal(text).encode()).hexdigest()[:16]


def _make_database(urls: Urls, name: str, make: Callable[[str], None]) -> None:
    """Make it under another name first, so that one cut short is never taken for a whole one."""
    unfinished = f"unfinished_{name}"
    with _execute(urls.database_url) as execute:
        execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(unfinished)))
        execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
        make(with_name(urls.database_url, unfinished))
        execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name)))


def prepare(database_url: str) -> None:
    """Do what the process `release` does, but for the tiers."""
    subprocess.run(
        [sys.executable, "manage.py", "prepare_database", "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url},
        stdin=subprocess.DEVNULL,
        check=True,
    )


def _drop_databases_of_dead_runs(database_url: str) -> None:
    """Drop what killed runs left, unless TEST_DATABASE_URL is set: runs on other machines may use that server too."""
    if not os.environ.get("TEST_DATABASE_URL"):
        with _execute(database_url) as execute:
            names = [name for (name,) in execute(sql.SQL("SELECT datname FROM pg_database"))]
        owners = {int(match[1]) for name in names if (match := re.match(r"(?:test_)?run(\d+)(?:_|$)", name))}
        for pid in owners:
            if pid == os.getpid() or not psutil.pid_exists(pid):
                _drop_databases_of(database_url, pid)


def _drop_databases_of(database_url: str, pid: int) -> None:
    with _execute(database_url) as execute:
        for (name,) in execute(sql.SQL("SELECT datname FROM pg_database")):
            if re.match(rf"(?:test_)?run{pid}(?:_|$)", name):
                execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _locked(name: str) -> Iterator[None]:
    with (FOLDER / name).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _execute(database_url: str) -> Iterator[Callable[[sql.Composable], list[tuple[str, ...]]]]:
    with psycopg.connect(database_url, autocommit=True) as connection:

        def execute(query: sql.Composable) -> list[tuple[str, ...]]:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

        yield execute


def with_name(database_url: str, name: str) -> str:
    """Return the URL of another database of the same server."""
    return re.sub(r"/[^/?]*(\?.*)?$", rf"/{name}\1", database_url)


if __name__ == "__main__":
    keep_postgresql()
