"""Fixtures of the tests of the embedded services and of the breakers."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.dev import embedded
from tests.config.launcher import checkout, plain, pretending, start

__all__ = ["checkout", "plain", "pretending", "start"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The breaker's clock; it is stopped, and a test sets it."""
    now = [100.0]
    monkeypatch.setattr("config.infrastructure.circuit_breaker.time.monotonic", lambda: now[0])
    return now


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """A folder that the servers' account can reach when we are root (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="kuvaka-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder that does not exist yet."""
    with reachable_folder() as folder:
        yield folder / "data"


@pytest.fixture(scope="session")
def used_data_dir() -> Iterator[Path]:
    """A folder whose servers have run before: initialising their data takes seconds, so these tests share one."""
    with reachable_folder() as folder:
        with embedded.hold(folder / "data"), embedded.services(folder / "data", debug=True):
            pass
        yield folder / "data"
