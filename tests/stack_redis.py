"""The Redis of a stack, which tests may stop, freeze and empty."""

import signal
import subprocess
from pathlib import Path

from redis import Redis

from config.dev.child_processes import die_with_parent
from config.dev.server_binaries import redis_server
from tests.ports import free_port
from tests.waiting import listens, wait_until


class StackRedis:
    """The Redis server of one stack, on its own port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.was_unavailable = False
        """Whether it was stopped or frozen since this was last set to False."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Start the server, empty."""
        self._process = subprocess.Popen(
            [
                str(redis_server()),
                *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            ],
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            cwd=self._folder,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        wait_until(lambda: listens(self.port), "Redis up")

    def stop(self) -> None:
        """Kill -9; its data is lost."""
        assert self._process is not None
        self.was_unavailable = True
        self._process.kill()
        self._process.wait()
        self._process = None

    def empty(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()

    def freeze(self) -> None:
        """Stop the process with SIGSTOP: it accepts connections and sends nothing."""
        assert self._process is not None
        self.was_unavailable = True
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
