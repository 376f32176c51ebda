"""Chromium, for the tests marked `needs_chromium`."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without these, Chromium does not start as root, or sends requests to other hosts."""


def program() -> str:
    """The program; without it the test is skipped, or fails when CI=true."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed (apt-get install chromium)")
    if found is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    return found


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=program(), args=ARGUMENTS)
