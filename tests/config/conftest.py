"""What the tests of the embedded services share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder yet to be made, which the servers' account can reach when we are root (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="kuvaka-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)
