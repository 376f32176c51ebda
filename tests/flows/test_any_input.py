"""No request gets a 5xx, and every response is one that docs/openapi.yaml documents (Schemathesis).

`make fuzz` sends about twenty thousand requests with a token and as many without, `make faults` two thousand.
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
"""Random requests for each operation, in addition to those that the schema itself suggests."""

END_THE_SESSION = ("user_me_destroy", "auth_logout_create", "auth_logout_all_create", "auth_sessions_destroy")
"""Operations after which every further response would be a 401."""

LEFT_OUT = (
    # The schema cannot say which numbers exist, which code was sent, or which cursor is ours.
    "positive_data_acceptance",
    # A number instead of a text is converted to text, as Django REST Framework does it.
    "negative_data_rejection",
)


@pytest.mark.parametrize("examples", [EXAMPLES])
@pytest.mark.parametrize("client", ["signed in", "anonymous"])
def test_no_request_gets_a_5xx_or_an_undocumented_response(
    stack: Stack, tmp_path: Path, client: str, examples: int
) -> None:
    stack.double.default(ttft=0, chunks=1)
    options = []
    if client == "signed in":
        alice = stack.sign_up()
        alice.send(alice.room(), "Hello")
        options = [f"--header=Authorization: Bearer {alice.access_token}"]
        options += [f"--exclude-operation-id={name}" for name in END_THE_SESSION]
    with no_limits(stack):
        said = fuzz(stack.url, *options, folder=tmp_path, examples=examples)
    found = re.search(r"(\d+) generated", said)
    assert found
    print(f"{client}: {found[0]}")
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
    """Reset the rate limits each second, or they would refuse most requests before a view sees them."""
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
