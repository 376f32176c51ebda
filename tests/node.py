"""Node.js and what runs on it, for the tests marked `needs_node`."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from config.dev import postman

LINTERS: Final = Path(__file__).resolve().parent / "openapi"
"""Where the linters of docs/openapi.yaml are installed, and how they are set."""


AXE: Final = Path(__file__).resolve().parent / "page" / "javascript" / "node_modules" / "axe-core" / "axe.min.js"
"""What finds faults of accessibility in a page."""


UI_STREAM: Final = Path(__file__).resolve().parent / "ui_stream"
"""Where the AI SDK and OpenAI's package are installed, and what uses them."""


def ui_stream() -> Path:
    """The folder of the AI SDK; if it is not installed, the test is skipped, or fails when CI=true."""
    installed(UI_STREAM / "node_modules" / "ai" / "package.json", "tests/ui_stream")
    return UI_STREAM


def openai_package() -> Path:
    """The folder of OpenAI's package; if it is not installed, the test is skipped, or fails when CI=true."""
    installed(UI_STREAM / "node_modules" / "openai" / "package.json", "tests/ui_stream")
    return UI_STREAM


def node() -> str:
    """The program; without it the test is skipped, or fails when CI=true."""
    return shutil.which("node") or _missing("Node.js is not installed (apt-get install nodejs npm)")


def newman() -> Path:
    """The program; without it the test is skipped, or fails when CI=true."""
    return installed(postman.newman(), "tests/newman")


def linter(name: str) -> Path:
    """The program; without it the test is skipped, or fails when CI=true."""
    return installed(LINTERS / "node_modules" / ".bin" / name, "tests/openapi")


def installed(program: Path, folder: str) -> Path:
    """The program; without it the test is skipped, or fails when CI=true."""
    node()
    if not program.exists():
        _missing(f"{program.name} is not installed (npm ci --prefix {folder})")
    return program


def _missing(message: str) -> str:
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
