"""What the tests of the embedded services and of the breakers share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.launcher import checkout, pretending, start

__all__ = ["checkout", "pretending", "start"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time by which the breaker goes; it stands still, and a test sets it."""
    now = [100.0]
    monkeypatch.setattr("config.breaker.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder yet to be made, which the servers' account can reach when we are root (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="kuvaka-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)
