"""The lines of curl in the README, run in their order; only the address, the number, tokens and ids are filled in."""

import json
import random
import re
import subprocess
from typing import Any

import pytest

from tests.stack import ROOT, Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

MAY_CONFLICT = ("/stop", "/retry")
"""They need a reply that is unfinished, or one that has failed: the README shows how to ask, not in which order."""


def lines_of(heading: str) -> list[str]:
    """The commands of a section, each on one line."""
    section = (ROOT / "README.md").read_text().split(f"## {heading}\n")[1].split("\n## ")[0]
    commands = re.sub(r" \\\n\s+", " ", section)
    return [line.strip() for line in commands.splitlines() if line.startswith("    curl ")]


class Reader:
    """Runs the lines, filling in what earlier ones returned."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.number = f"+91 98{random.randrange(10**3):03d} {random.randrange(10**5):05d}"
        self.known: dict[str, Any] = {"otp": "493027", "access_token": "…", "refresh_token": "…", "stream_url": "…"}

    def run(self, line: str) -> tuple[int, str]:
        """The status and the body."""
        filled = line.replace("+91 98765 43210", self.number).replace("493027", self.known["otp"])
        filled = re.sub(r"http://127.0.0.1:8001/message/1/stream\?ticket=…", self.known["stream_url"], filled)
        filled = filled.replace('"refresh_token": "…"', f'"refresh_token": "{self.known["refresh_token"]}"')
        for kind in ("chatroom", "message"):
            filled = re.sub(rf"/{kind}/1\b", f"/{kind}/{self.known.get(kind, 1)}", filled)
        script = f"""
            url={self.stack.url} json='Content-Type: application/json'
            auth='Authorization: Bearer {self.known["access_token"]}'
            {filled} -w '\\n%{{http_code}}'
        """
        ran = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
        body, _, status = ran.stdout.rpartition("\n")
        self._remember(line, body)
        return int(status), body

    def _remember(self, line: str, body: str) -> None:
        if not body.startswith("{"):
            return
        values = json.loads(body)
        self.known |= {name: values[name] for name in self.known.keys() & values.keys() if values[name]}
        if line.startswith("curl -s $url/chatroom ") and "id" in values:
            self.known["chatroom"] = values["id"]
        if "stream_url" in values and "chatroom" in line:
            self.known["message"] = values["id"]

    def run_all(self, lines: list[str]) -> dict[str, str]:
        """Run all; the bodies."""
        bodies = {}
        for line in lines:
            status, bodies[line] = self.run(line)
            expected = {409} if any(name in line for name in MAY_CONFLICT) else set()
            assert 200 <= status < 300 or status in expected, (line, status, bodies[line])
        return bodies


@pytest.fixture
def reader(stack: Stack) -> Reader:
    stack.double.default(text="A monsoon is a wind.", chunks=3)
    return Reader(stack)


def test_the_conversation_runs_from_top_to_bottom(reader: Reader) -> None:
    lines = lines_of("A conversation with curl")
    assert len(lines) > 20
    bodies = reader.run_all(lines)
    [stream] = [body for line, body in bodies.items() if "/stream" in line]
    assert "event: done" in stream
    [answered] = [json.loads(body) for line, body in bodies.items() if "?wait=20" in line and "POST" not in line]
    assert answered["gemini_response"] == "A monsoon is a wind."
    assert "DELETE $url/user/me" in lines[-1], "after it nothing else works"


def test_the_lines_about_payments_run_from_top_to_bottom(reader: Reader) -> None:
    reader.run_all(lines_of("A conversation with curl")[:2])
    tiers, subscribe, status, usage, portal = lines_of("Pro and payments")
    bodies = reader.run_all([tiers, subscribe])
    reader.stack.stripe.pay(json.loads(bodies[subscribe])["checkout_url"])
    wait_until(lambda: json.loads(reader.run(status)[1])["tier"] == "pro", "the payment is known")
    bodies = reader.run_all([status, usage, portal])
    assert json.loads(bodies[status])["source"] == "stripe"
    assert "portal_url" in json.loads(bodies[portal])
