"""Start a double in its own process and wait until it listens."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90
STOP_SECONDS = 5


class DoubleProcess:
    """`python -m <module> --port <port> --parent <pid>`, in its own process group; its first line names the port.

    A double exits when its parent is gone, since a test run that was killed cannot stop it.
    """

    def __init__(self, *, module: str, port: int = 0, arguments: Sequence[str] = (), **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, "--port", str(port), "--parent", str(os.getpid()), *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
        watchdog = threading.Timer(START_SECONDS, self.stop)
        watchdog.start()
        assert self._process.stdout
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line.strip().isdigit():
            self.stop()
            raise RuntimeError(f"{module} did not start")
        self.port = int(line)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        """End the process and what it started, and nothing else."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
