"""Node.js and what runs on it, for the tests marked `needs_node`."""

import os
import shutil
from pathlib import Path

import pytest

from config import postman


def node() -> str:
    """The program; without it the test is skipped, or fails when CI=true."""
    return shutil.which("node") or _missing("Node.js is not installed (apt-get install nodejs npm)")


def newman() -> Path:
    """The program; without it the test is skipped, or fails when CI=true."""
    node()
    if not postman.newman().exists():
        _missing("newman is not installed (npm ci --prefix tests/newman)")
    return postman.newman()


def _missing(message: str) -> str:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
