"""The clients of docs/quickstart.md do what the page says, as they stand there."""

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import node
from tests.doubles.stripe.client import SECRET
from tests.stack import ROOT, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

PAGE = (ROOT / "docs" / "quickstart.md").read_text()
TEXT = " ".join(f"word{number}" for number in range(200)) + " ☂\u2028."
"""U+2028 ends a line for some programs, and none in a stream."""


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def program(folder: Path, language: str) -> list[str]:
    """The page's blocks in one language, as a program."""
    if language == "sh":
        return ["bash", "-euo", "pipefail", "-c", f"token=\n{blocks('sh')}"]
    file = folder / ("client.py" if language == "python" else "client.mjs")
    file.write_text(blocks(language))
    return [sys.executable if language == "python" else node.node(), str(file)]


class Running:
    """A client of the page at work; what it writes goes to a file, as it is."""

    def __init__(self, stack: Stack, folder: Path, language: str) -> None:
        given = {"KUVAKA_URL": stack.url, "KUVAKA_NUMBER": f"+9198{random.randrange(10**8):08d}", "NO_PROXY": "*"}
        self._files = folder / "stdout", folder / "stderr"
        with self._files[0].open("wb") as stdout, self._files[1].open("wb") as stderr:
            self._process = subprocess.Popen(
                program(folder, language), cwd=folder, env={**os.environ, **given}, stdout=stdout, stderr=stderr
            )

    def told(self) -> str:
        return self._files[0].read_bytes().decode()

    def ended(self) -> str:
        assert self._process.wait(90) == 0, self._files[1].read_text()
        return self.told()


def test_every_block_is_in_a_language_that_is_run() -> None:
    assert set(re.findall(r"^```(\w+)$", PAGE, re.MULTILINE)) == {"sh", "python", "js"}


def test_the_lines_of_curl_sign_in_send_stream_and_resume(breakable: Stack, tmp_path: Path) -> None:
    stack = breakable
    stack.double.default(text=TEXT, pieces=8, delay=0.3)
    told = Running(stack, tmp_path, "sh").ended()

    first = (tmp_path / "events.txt").read_text()
    assert first.count("event: start") == 1
    assert first.count("event: done") == 1
    resumed = told.removeprefix(first)
    assert "event: start" not in resumed
    assert resumed.count("event: delta") == first.count("event: delta") - 1
    assert told.rstrip("\n").endswith(TEXT)


@pytest.mark.parametrize("language", ["python", pytest.param("js", marks=pytest.mark.needs_node)])
def test_a_client_goes_on_where_the_stream_broke(breakable: Stack, tmp_path: Path, language: str) -> None:
    stack = breakable
    stack.double.default(text=TEXT, pieces=60, delay=0.08)
    client = Running(stack, tmp_path, language)
    wait_until(lambda: "word10" in client.told(), "the beginning of the answer")
    stack.kill("stream")
    assert "done:" not in client.told()
    stack.start("stream")
    told = client.ended()

    assert told == f"\n{TEXT}\ndone: {TEXT}\n", "a piece came twice, or was lost, or all of it anew"


def test_an_event_signed_as_the_page_of_webhooks_says_is_taken(breakable: Stack, tmp_path: Path) -> None:
    stack = breakable
    [script] = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "webhooks.md").read_text(), re.MULTILINE | re.DOTALL)
    told = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "KUVAKA_URL": stack.url, "STRIPE_WEBHOOK_SECRET": SECRET, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(told.stdout) == {"status": "success"}
    assert stack.sql("SELECT type FROM billing_stripeevent WHERE event_id = 'evt_by_hand'") == [("invoice.paid",)]
