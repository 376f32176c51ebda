"""Runs the processes of the Procfile side by side for `make run`: one log, bounded restarts, a graceful stop."""

import secrets
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final, TextIO

import psutil

from config import processes
from config.dev.child_processes import die_with_parent, has_ended

GRACE: Final = 12.0
"""Seconds that processes have to end by themselves: the worker releases its replies within `REPLY_DRAIN` (8)."""

RESTARTS: Final = 5
"""How often a process is restarted within `RESTART_WINDOW` before everything stops. Hosting platforms restart what
dies, so this shows how the processes recover; with the limit, one that always fails cannot fill the log for ever."""

RESTART_WINDOW: Final = 60.0
"""Seconds."""

MARK: Final = "KUVAKA_RUN"
"""The variable that identifies the processes of a run and their children: it holds the run's random name."""

COLOURS: Final = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class Died(Exception):
    """A process ended unexpectedly; the message names it and ends with its last lines."""


class Console:
    """The common log: each line begins with the name of the process that wrote it."""

    def __init__(self, stream: TextIO, *, colour: bool, names: tuple[str, ...]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._width = max(len(name) for name in names)
        self._colours = dict(zip(names, COLOURS, strict=False)) if colour else {}
        self.broken = False

    def write(self, name: str, line: str) -> None:
        """Write one line. If the output is closed, `broken` is set; nothing is raised, since many threads write."""
        prefix = f"{name:<{self._width}} |"
        if name in self._colours:
            prefix = f"\x1b[{self._colours[name]}m{prefix}\x1b[0m"
        self.write_plain(f"{prefix} {line}")

    def write_plain(self, text: str) -> None:
        """Write text without a prefix, so that it can be copied."""
        try:
            with self._lock:
                self._stream.write(f"{text}\n")
                self._stream.flush()
        except (OSError, ValueError):
            self.broken = True


@dataclass(slots=True, kw_only=True)
class Child:
    """A process that we started, with its last lines of output."""

    name: str
    process: subprocess.Popen[bytes]
    reader: threading.Thread
    lines: deque[str]
    started: deque[float] = field(default_factory=deque)

    def last_words(self) -> str:
        """Return its last lines, after all of its output was read."""
        self.reader.join(timeout=1)
        return "\n".join(f"    {line}" for line in self.lines)


class Supervisor:
    """Starts processes, watches them, and stops them and their children.

    Args:
        console: the log for their output.
        environment: their environment.
        mark_file: keeps the name of the run, so that the next run can end the processes of a killed one.
        further: processes that are not in the Procfile: their names and command lines.
    """

    def __init__(
        self,
        *,
        console: Console,
        environment: Mapping[str, str],
        mark_file: Path,
        further: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._console = console
        self._commands = {**processes.parse_procfile(), **further}
        self._mark = secrets.token_hex(16)
        self._environment = processes.environment({**environment, MARK: self._mark})
        self._children: dict[str, Child] = {}
        self.hurry = False
        mark_file.write_text(self._mark)

    def begin(self, name: str) -> Child:
        """Start a process that ends by itself, for `finish`."""
        return self._start(name)

    def finish(self, child: Child) -> None:
        """Wait for the end of a process from `begin`.

        Raises:
            Died: if it failed.
        """
        code = child.process.wait()
        child.reader.join()
        if code != 0:
            raise Died(f"{child.name} failed ({_how(code)}).")

    def start(self, name: str) -> None:
        """Start a process that `check` watches."""
        self._children[name] = self._start(name)

    def check(self, *, restart: bool) -> None:
        """Find processes that have died, and restart them.

        Args:
            restart: whether to restart them, as often as `RESTARTS` allows.

        Raises:
            Died: one is not restarted.
        """
        for name, child in list(self._children.items()):
            if not has_ended(child.process):
                continue
            code = child.process.wait()
            recent = [moment for moment in child.started if time.monotonic() - moment < RESTART_WINDOW]
            message = f"{name} ended by itself ({_how(code)}). Its last lines:\n{child.last_words()}"
            if not restart or len(recent) > RESTARTS:
                raise Died(message)
            self._console.write(name, f"ended by itself ({_how(code)}); restarting it.")
            self._children[name] = self._start(name)
            self._children[name].started.extendleft(reversed(recent))

    def stop(self) -> None:
        """End the processes and their children: with SIGTERM, and with SIGKILL after `GRACE` or once `hurry` is set."""
        for child in self._children.values():
            if not has_ended(child.process):
                child.process.terminate()
        deadline = time.monotonic() + GRACE
        while not all(has_ended(child.process) for child in self._children.values()):
            if self.hurry or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        for process in marked(self._mark):
            with suppress(psutil.Error):
                process.kill()
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=1)
            child.reader.join(timeout=1)

    def _start(self, name: str) -> Child:
        variables, folder = processes.with_metrics(name, self._environment)
        process = subprocess.Popen(
            processes.command(self._commands[name]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=processes.ROOT,
            env=variables,
            pass_fds=[folder.descriptor] if folder else [],
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  it calls prctl and nothing else
        )
        if folder:
            folder.release()
        assert process.stdout is not None
        lines: deque[str] = deque(maxlen=15)
        reader = threading.Thread(target=self._read, args=(name, process.stdout, lines), daemon=True)
        reader.start()
        return Child(name=name, process=process, reader=reader, lines=lines, started=deque([time.monotonic()]))

    def _read(self, name: str, output: IO[bytes], lines: deque[str]) -> None:
        for raw in output:
            line = raw.decode(errors="replace").rstrip()
            lines.append(line)
            self._console.write(name, line)


def stop_leftovers(mark_file: Path) -> int:
    """End the processes that a killed run left behind, and return how many there were.

    They are found by the random name of that run in their environment, so no other process can be among them.
    """
    try:
        mark = mark_file.read_text()
    except OSError:
        return 0
    found = list(marked(mark))
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=GRACE)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    return len(found)


def marked(mark: str) -> Iterator[psutil.Process]:
    """Return the processes of the run called `mark`, with their children at any depth."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if mark and process.environ().get(MARK) == mark:
                yield process


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
