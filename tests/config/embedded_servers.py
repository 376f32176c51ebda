"""The embedded servers, run within a test's own process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.dev import database_servers, embedded
from config.dev.embedded import Urls

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as another user")


@contextmanager
def running(data_dir: Path) -> Iterator[tuple[Urls, dict[str, database_servers.Server]]]:
    with embedded.hold(data_dir), embedded.services(data_dir, debug=True) as (urls, started):
        yield urls, {server.name: server for server in started}


def modes(*paths: Path) -> dict[str, tuple[int, int, int]]:
    found = {path: path.stat() for path in paths}
    return {str(path): (entry.st_mode, entry.st_uid, entry.st_gid) for path, entry in found.items()}
