"""`manage.py check_stack` on a stack, and what it found."""

import json
import subprocess
import sys

from tests import stack_settings
from tests.stack import ROOT, Stack


def check(stack: Stack, **settings: str) -> tuple[int, dict[str, list[dict[str, str]]], str]:
    """The exit code, the findings by part, and what was said on standard error."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check_stack", "--json"],
        cwd=ROOT,
        env=stack.environment | stack_settings.production(stack) | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,  # it promises a minute
    )
    assert "Traceback" not in done.stderr
    by_part: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(done.stdout)["findings"]:
        by_part.setdefault(finding["part"], []).append(finding)
    return done.returncode, by_part, done.stderr


def faults(found: dict[str, list[dict[str, str]]]) -> dict[str, dict[str, str]]:
    return {part: each for part, findings in found.items() for each in findings if each["verdict"] == "wrong"}
