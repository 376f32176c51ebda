"""The AI SDK itself reads what is sent: every chunk is one of its schema, and the message is the reply."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from chatrooms.models import Status
from tests import node
from tests.chatrooms.ui_messages.generated import Life, chunks_of, life_of, sse

RUNS: Final = 2_000
CLIENTS: Final = ((6, False), (7, True), (7, False))
"""Versions of the SDK, and whether `reset-step` was asked for, which version 6 does not know."""


def run_of(seed: int) -> dict[str, Any]:
    life = life_of(seed)
    sdk, resets = CLIENTS[seed % len(CLIENTS)]
    chunks = chunks_of(life, resets=resets)
    connections = [sse(chunks)]
    if seed % 4 == 0:  # the first connection breaks, and the client resumes
        connections.insert(0, sse(chunks[: 1 + seed % len(chunks)]).removesuffix("data: [DONE]\n\n"))
    return {
        "name": f"{seed}, version {sdk}, {resets=}",
        "sdk": sdk,
        "sse": connections,
        "expected": expected_of(life, resets=resets),
    }


def expected_of(life: Life, *, resets: bool) -> dict[str, Any]:
    reply = life.reply
    failed = reply.status == Status.FAILED
    expected = {"id": str(reply.pk), "open": 0, "error": reply.error or None}
    if resets:
        expected |= {"everything": life.text, "steps": 1}
    if failed:
        return expected
    ends = {"stop": "stop", "max_tokens": "length", "": "abort"}
    sources = [part for part in reply.parts or [] if part["type"] == "source"]
    return expected | {"text": reply.content, "end": ends[reply.finish_reason], "sources": len(sources)}


@pytest.mark.needs_node
def test_each_chunk_is_valid_and_the_text_is_the_stored_one() -> None:
    folder = Path(node.ui_stream())
    runs = "\n".join(json.dumps(run_of(seed)) for seed in range(RUNS))
    command = [node.node(), str(folder / "read.mjs")]
    done = subprocess.run(command, input=runs, capture_output=True, text=True, check=False)
    *invalid, summary = done.stdout.splitlines() or [done.stderr]
    assert (invalid[:3], json.loads(summary)) == ([], {"runs": RUNS, "invalid": 0})


@pytest.mark.needs_node
def test_a_chunk_that_the_sdk_does_not_know_is_noticed() -> None:
    """`reset-step` is invalid in version 6; so the test above does look."""
    seed = next(seed for seed in range(RUNS) if '"reset-step"' in sse(chunks_of(life_of(seed), resets=True)))
    run = {"name": "wrong", "sdk": 6, "sse": [sse(chunks_of(life_of(seed), resets=True))], "expected": {"error": None}}
    command = [node.node(), str(Path(node.ui_stream()) / "read.mjs")]
    done = subprocess.run(command, input=json.dumps(run), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == {"runs": 1, "invalid": 1}
