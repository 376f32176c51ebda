"""The machine's PostgreSQL, for the tests marked `needs_postgresql`: another version than the embedded one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.dev import server_binaries
from tests.ports import free_port

FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


def programs() -> Path:
    """The folder of its programs; without them the test is skipped, or fails when CI=true."""
    found = [folder for pattern in FOLDERS for folder in Path("/").glob(pattern[1:]) if (folder / "initdb").exists()]
    if not found:
        message = "PostgreSQL's server is not installed (apt-get install postgresql)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return max(found, key=lambda folder: int("".join(filter(str.isdigit, folder.parent.name))))


@contextmanager
def running() -> Iterator[str]:
    """Start a new server that need not survive a crash of the machine; the URL of its superuser."""
    folder, port = Path(tempfile.mkdtemp(prefix="kuvaka-", dir="/var/tmp")), free_port()
    server_binaries.give(folder)
    account = server_binaries.identity()

    def run(program: str, *arguments: str) -> None:
        ran = subprocess.run(
            [str(programs() / program), *arguments], cwd=folder, capture_output=True, text=True, check=False, **account
        )
        assert ran.returncode == 0, f"{program}: {ran.stdout}{ran.stderr}"

    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    try:
        run("initdb", "-D", "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)
