"""Chromium, for the tests marked `needs_chromium`."""

import os
import shutil

import pytest


def program() -> str:
    """The program; without it the test is skipped, or fails when CI=true."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed (apt-get install chromium)")
    if found is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    return found
