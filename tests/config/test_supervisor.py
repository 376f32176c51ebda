"""The supervisor of `make run` ends its processes at any moment at which it is asked to."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import processes
from config.dev.child_processes import has_ended
from config.dev.supervisor import Console, Supervisor


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr(processes, "command", lambda name: ["sh", "-c", "exec sleep 600"])
    monkeypatch.setattr("config.dev.supervisor.GRACE", 600.0)  # a busy machine's slow end is none that was waited for
    with (tmp_path / "output").open("w") as output:
        console = Console(output, colour=False, names=("web",))
        yield Supervisor(console=console, environment=os.environ, mark_file=tmp_path / "mark")


def test_a_signal_during_a_check_does_not_keep_a_run_from_ending(supervisor: Supervisor) -> None:
    supervisor.start("web")
    process = supervisor._children["web"].process
    process._waitpid_lock.acquire()  # type: ignore[attr-defined]  # what a signal inside `poll` leaves behind
    supervisor.stop()  # what does not end is killed only after longer than a test may take
    assert has_ended(process)


def test_a_check_takes_no_lock(supervisor: Supervisor) -> None:
    supervisor.start("web")
    process = supervisor._children["web"].process
    with process._waitpid_lock:  # type: ignore[attr-defined]
        supervisor.check(restart=False)
        assert not has_ended(process)
        process.send_signal(15)
        give_up_at = time.monotonic() + 60
        while not has_ended(process):
            assert time.monotonic() < give_up_at
            time.sleep(0.01)
    process.wait()
    assert has_ended(process), "also once it was waited for"
