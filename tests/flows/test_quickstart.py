"""The clients of docs/quickstart.md work as the page says."""

import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from tests import quickstart
from tests.doubles.stripe.client import SECRET
from tests.stack import ROOT, Stack
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

TEXT = " ".join(f"word{number}" for number in range(200)) + " ☂\u2028."
"""Some programs treat U+2028 as a line break; a stream does not."""


class RunningClient:
    """A client of the page in its own process, with its output in a file."""

    def __init__(self, stack: Stack, folder: Path, language: str) -> None:
        given = {"KUVAKA_URL": stack.url, "KUVAKA_NUMBER": f"+9198{random.randrange(10**8):08d}", "NO_PROXY": "*"}
        self._files = folder / "stdout", folder / "stderr"
        with self._files[0].open("wb") as stdout, self._files[1].open("wb") as stderr:
            self._process = subprocess.Popen(
                quickstart.program(folder, language),
                cwd=folder,
                env={**os.environ, **given},
                stdout=stdout,
                stderr=stderr,
            )

    def output(self) -> str:
        return self._files[0].read_bytes().decode()

    def output_at_end(self) -> str:
        assert self._process.wait(90) == 0, self._files[1].read_text()
        return self.output()


def test_every_block_is_in_a_language_that_the_tests_run() -> None:
    assert set(re.findall(r"^```(\w+)$", quickstart.PAGE, re.MULTILINE)) == {"sh", "python", "js"}


def test_curl_signs_in_sends_streams_and_resumes(breakable: Stack, tmp_path: Path) -> None:
    stack = breakable
    stack.double.default(text=TEXT, chunks=8, delay=0.3)
    output = RunningClient(stack, tmp_path, "sh").output_at_end()

    first = (tmp_path / "events.txt").read_text()
    assert first.count("event: start") == 1
    assert first.count("event: done") == 1
    resumed = output.removeprefix(first)
    assert "event: start" not in resumed
    assert resumed.count("event: delta") == first.count("event: delta") - 1
    assert output.rstrip("\n").endswith(TEXT)


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param("stream", id="a killed process"),
        pytest.param("stream web", id="nobody listens", marks=pytest.mark.faults),
    ],
)
@pytest.mark.parametrize("language", ["python", pytest.param("js", marks=pytest.mark.needs_node)])
def test_a_client_resumes_where_the_stream_broke(breakable: Stack, tmp_path: Path, language: str, gone: str) -> None:
    stack = breakable
    stack.double.default(text=TEXT, chunks=60, delay=0.08, hold=10)
    client = RunningClient(stack, tmp_path, language)
    wait_until(lambda: "word10" in client.output(), "the beginning of the reply")
    for name in gone.split():
        stack.kill(name)
    stack.start(*gone.split())
    stack.double.release()
    output = client.output_at_end()

    assert output == f"\n{TEXT}\ndone: {TEXT}\n", "a part was repeated or lost, or everything was sent again"


def test_an_event_signed_as_webhooks_md_says_is_accepted(breakable: Stack, tmp_path: Path) -> None:
    stack = breakable
    [script] = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "webhooks.md").read_text(), re.MULTILINE | re.DOTALL)
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "KUVAKA_URL": stack.url, "STRIPE_WEBHOOK_SECRET": SECRET, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(finished.stdout) == {"status": "success"}
    assert stack.sql("SELECT type FROM billing_stripeevent WHERE event_id = 'evt_by_hand'") == [("invoice.paid",)]
