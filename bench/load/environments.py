"""Peers: programs in virtual environments of their own, installed from pinned requirements when they are first used."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from config import processes
from config.dev.child_processes import die_with_parent
from tests.waiting import TIMEOUT, listens, wait_until

REQUIREMENTS = {"peer": "requirements.txt", "litellm": "requirements-litellm.txt"}


def python_of(name: str) -> Path:
    """The Python of the environment `name`, which has what its requirements pin."""
    environment = processes.ROOT / ".venv" / f"bench-{name}"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    pip = [sys.executable, "-m", "uv", "pip", "install", "-q", "--compile-bytecode", "--require-hashes"]
    requirements = Path(__file__).parent / REQUIREMENTS[name]
    subprocess.run([*pip, "--python", str(python), "-r", str(requirements)], check=True)
    return python


@contextmanager
def serving(
    command: list[str],
    environment: dict[str, str],
    port: int,
    seconds: float = TIMEOUT,
    output: IO[bytes] | None = None,
) -> Iterator[psutil.Process]:
    """A server that listens at `port`, until the end of the block."""
    with subprocess.Popen(
        command,
        cwd=processes.ROOT,
        env=environment,
        stdout=output,
        stderr=output,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
    ) as process:
        try:
            wait_until(lambda: listens(port) or process.poll() is not None, f"{command[0]} at port {port}", seconds)
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            yield psutil.Process(process.pid)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
