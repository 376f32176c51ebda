"""Databases whose owners are allowed nothing else, as production's are, and the commands that run on them."""

import difflib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from config import processes
from tests import servers


@contextmanager
def database(url: str, name: str) -> Iterator[str]:
    """An empty database whose owner is allowed nothing else; its URL."""
    name = f"{servers.RUN}_{name}"
    target = url.rpartition("@")[2].partition("/")[0]
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'own' NOSUPERUSER NOCREATEDB NOCREATEROLE")
        server.execute(f"CREATE DATABASE {name} OWNER {name}")
        try:
            yield f"postgresql://{name}:own@{target}/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.execute(f"DROP ROLE {name}")


def manage(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=processes.ROOT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran


def difference(one: str, other: str) -> str:
    return "\n".join(difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=1))
