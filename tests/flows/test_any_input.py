"""Whatever is sent, no answer is a fault of ours, and every one is what docs/openapi.yaml promises (Schemathesis).

`make fuzz` tries some twenty thousand requests for each of the two callers, `make faults` two thousand.
"""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.stack import ROOT, Stack

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(1800)]

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
"""Random requests for each operation, beside those that the schema itself suggests."""

ENDS_THE_CALLER = ("user_me_destroy", "auth_logout_create", "auth_logout_all_create", "auth_sessions_destroy")
"""Operations after which every further answer would be a 401."""

LEFT_OUT = (
    # The schema cannot say which numbers exist, which code was sent, or which cursor is ours.
    "positive_data_acceptance",
    # A number where a text belongs is taken for its digits, as Django REST Framework does it.
    "negative_data_rejection",
)


@pytest.mark.parametrize("examples", [EXAMPLES])
@pytest.mark.parametrize("caller", ["somebody", "nobody"])
def test_no_request_gets_a_5xx_or_an_undocumented_response(
    stack: Stack, tmp_path: Path, caller: str, examples: int
) -> None:
    stack.double.default(ttft=0, chunks=1)
    options = []
    if caller == "somebody":
        person = stack.sign_up()
        person.send(person.room(), "Hello")
        options = [f"--header=Authorization: Bearer {person.access_token}"]
        options += [f"--exclude-operation-id={name}" for name in ENDS_THE_CALLER]
    with no_limits(stack):
        said = fuzz(stack.url, *options, folder=tmp_path, examples=examples)
    found = re.search(r"(\d+) generated", said)
    assert found
    print(f"{caller}: {found[0]}")
    assert int(found[1]) > 20 * examples


def fuzz(url: str, *options: str, folder: Path, examples: int) -> str:
    """What Schemathesis says, if it finds nothing."""
    command = [Path(sys.executable).with_name("st"), "run", ROOT / "docs" / "openapi.yaml", "--url", url]
    command += ["--phases=examples,coverage,fuzzing,stateful", f"--max-examples={examples}", "--seed=7"]
    command += ["--checks=all", f"--exclude-checks={','.join(LEFT_OUT)}", "--continue-on-failure", "--warnings=off"]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def no_limits(stack: Any) -> Iterator[None]:
    """Forget each second how many requests there were: a limit keeps a caller from what is behind it."""
    ended = threading.Event()

    def forget() -> None:
        while not ended.wait(1):
            stack.redis.empty()

    thread = threading.Thread(target=forget)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
