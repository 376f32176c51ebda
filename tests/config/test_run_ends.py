"""How a `make run` ends: it ends all that it started, and nothing else."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from config.dev import embedded
from tests.config.launcher import Run, own_settings, until


@pytest.fixture
def bystander(checkout: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of another program, much like one of ours."""
    process = subprocess.Popen(
        [sys.executable, "worker.py"],
        cwd=checkout,
        env={**os.environ, "KUVAKA_RUN": "another"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield process
    for own in (*psutil.Process(process.pid).children(), process):
        own.kill()
    process.wait()


def test_ctrl_c_ends_everything_that_was_started_and_only_that(
    start: Callable[..., Run], used_data_dir: Path, bystander: subprocess.Popen[bytes]
) -> None:
    run = start(own_servers=True, DATA_DIR=str(used_data_dir)).with_worker()
    started = psutil.Process(run.process.pid).children(recursive=True)
    started.append(psutil.Process(run.pid_of("with child")))

    run.process.send_signal(signal.SIGINT)

    assert run.ended() == 0
    assert "worker hands back" in run.output
    assert len(started) > 5
    assert [process for process in started if is_alive(process)] == []
    assert embedded.running_urls(used_data_dir) is None
    assert bystander.poll() is None


def test_sigterm_ends_it_as_ctrl_c_does(start: Callable[..., Run]) -> None:
    run = start().with_worker()

    run.process.terminate()

    assert run.ended() == 0
    assert "worker hands back" in run.output


def test_a_second_ctrl_c_does_not_wait_for_a_hanging_process(checkout: Path, start: Callable[..., Run]) -> None:
    (checkout / "worker.py").write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\nprint('deaf', flush=True)\n"
        "while True:\n    time.sleep(600)\n"
    )
    # Not so soon that a slow end could be mistaken for a wait.
    supervisor = checkout / "config/dev/supervisor.py"
    text, count = re.subn(r"(?m)^GRACE: Final = .*$", "GRACE: Final = 600.0", supervisor.read_text())
    assert count == 1
    supervisor.write_text(text)
    run = start()
    run.wait_for("deaf")
    run.ready()
    run.process.send_signal(signal.SIGINT)
    run.wait_for("Stopping")

    run.process.send_signal(signal.SIGINT)

    assert run.process.wait(timeout=120) == 0


def test_a_killed_launcher_takes_its_processes_along(start: Callable[..., Run], used_data_dir: Path) -> None:
    run = start(own_servers=True, DATA_DIR=str(used_data_dir)).ready()
    started = psutil.Process(run.process.pid).children()

    run.process.kill()
    run.ended()

    assert psutil.wait_procs(started, timeout=60)[1] == []


def test_the_next_run_ends_only_what_a_killed_run_left_behind(
    start: Callable[..., Run], used_data_dir: Path, bystander: subprocess.Popen[bytes]
) -> None:
    first = start(own_servers=True, DATA_DIR=str(used_data_dir)).with_worker()
    orphan = psutil.Process(first.pid_of("with child"))
    first.process.send_signal(signal.SIGSTOP)  # it would start the first dead again while the next ones are killed
    for process in psutil.Process(first.process.pid).children():
        process.kill()
    first.process.kill()
    first.ended()
    assert is_alive(orphan)

    second = start(own_servers=True, DATA_DIR=str(used_data_dir)).ready()

    assert not is_alive(orphan)
    assert "Stopped the processes of an earlier run that was killed: 1." in second.output
    assert bystander.poll() is None


def test_a_process_that_ends_by_itself_is_restarted(start: Callable[..., Run]) -> None:
    run = start().with_worker()

    psutil.Process(run.pid_of("worker")).kill()
    run.wait_for("with child", times=2)

    assert "worker  | ended by itself (killed by SIGKILL); restarting it." in run.output
    assert run.process.poll() is None


def test_a_process_that_keeps_failing_ends_the_run_with_its_log(checkout: Path, start: Callable[..., Run]) -> None:
    (checkout / "worker.py").write_text("import time\ntime.sleep(0.3)\nraise SystemExit('worker has lost its way')\n")

    run = start()

    assert run.ended() == 1
    assert "worker ended by itself (exit code 1). Its last lines:" in run.output
    assert run.output.count("worker has lost its way") >= 2


def test_a_failing_migration_ends_the_run_and_starts_nothing(checkout: Path, start: Callable[..., Run]) -> None:
    (checkout / "release.py").write_text("raise SystemExit('no such column')\n")

    run = start()

    assert run.ended() == 1
    assert "release failed (exit code 1)." in run.output
    assert "no such column" in run.output
    assert "with child" not in run.output


def test_a_server_that_dies_ends_the_run_and_says_so(start: Callable[..., Run], used_data_dir: Path) -> None:
    run = start(own_servers=True, DATA_DIR=str(used_data_dir)).ready()

    psutil.Process(int((used_data_dir / "redis/redis.pid").read_text())).kill()

    assert run.ended() == 1
    assert "redis ended by itself" in run.output


def test_a_closed_terminal_ends_everything(checkout: Path, data_dir: Path) -> None:
    process = subprocess.Popen(
        f"{sys.executable} -m config.dev.run | head -n 2",
        shell=True,
        cwd=checkout,
        env={**os.environ, **own_settings(data_dir)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )

    process.communicate(timeout=120)

    until(lambda: embedded.running_urls(data_dir) is None)


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
