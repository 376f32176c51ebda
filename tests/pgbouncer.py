"""PgBouncer in transaction mode before a test's PostgreSQL, for the tests marked `needs_pgbouncer`."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from config.dev import server_binaries
from tests.ports import free_port
from tests.waiting import wait_until

KNOWS_PREPARED = (1, 21)
"""The first version that has max_prepared_statements."""


def program() -> str:
    """Where it is; without it the test is skipped, or fails when CI=true."""
    found = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        message = "the pgbouncer program is not installed (apt-get install pgbouncer)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return found


def version() -> tuple[int, ...]:
    said = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


@contextmanager
def running(database_url: str, *, prepared: int = 0) -> Iterator[str]:
    """The URL of the same database through a PgBouncer of the test's own.

    It has eight connections to PostgreSQL and uses them in turn, so code that relies on getting the same one in the
    next transaction fails at once, and not only under load.
    """
    server, port = urlsplit(database_url), free_port()
    folder = Path(tempfile.mkdtemp(prefix="kuvaka-", dir="/var/tmp"))
    name, user, password = server.path[1:], unquote(server.username or ""), unquote(server.password or "")
    (folder / "users").write_text(f'"{user}" "{password}"\n')
    lines = [
        "[databases]",
        f"{name} = host={server.hostname} port={server.port} dbname={name}",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = scram-sha-256" if password else "auth_type = trust",
        f"auth_file = {folder}/users",
        "pool_mode = transaction",
        "default_pool_size = 8",
        "server_round_robin = 1",
        "max_client_conn = 500",
        *([f"max_prepared_statements = {prepared}"] if version() >= KNOWS_PREPARED else []),
    ]
    (folder / "pgbouncer.ini").write_text("\n".join(lines))
    for path in (folder, *folder.iterdir()):
        server_binaries.give(path)
    url = f"postgresql://{server.netloc.rpartition('@')[0]}@127.0.0.1:{port}/{name}"
    try:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program(), str(folder / "pgbouncer.ini")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                **server_binaries.identity(),
            )
        try:
            _wait_for(url, process, folder / "log")
            yield url
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    def is_up() -> bool:
        assert process.poll() is None, log.read_text()
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_until(is_up, "PgBouncer up")
