"""Each started process has its own folder for its metrics, which is removed when it ends."""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from config import processes
from config.dev.supervisor import Console, Supervisor
from config.observability import multiprocess_dir
from tests.servers import ROOT

COUNTING = """
import os, sys, time
from config.observability import metrics
metrics.reaps.inc()
metrics.generations.inc()
print("counted", flush=True)
sys.stdin.readline()
"""
EXPORTING = (
    "import django; django.setup(); from config.http.metrics_endpoint import exposition; print(exposition().decode())"
)


def python(script: str, folder: Path, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, multiprocess_dir.VARIABLE: str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **more,
    )


def exported(folder: Path) -> str:
    output, _ = python(EXPORTING, folder).communicate()
    return output


def test_processes_of_one_folder_are_exported_as_one(tmp_path: Path) -> None:
    first, second = python(COUNTING, tmp_path), python(COUNTING, tmp_path)
    for each in (first, second):
        assert each.stdout is not None
        assert each.stdout.readline() == "counted\n"
    together = exported(tmp_path)
    first.kill()
    first.communicate()
    after = exported(tmp_path)
    second.communicate("\n")

    assert "kuvaka_reaps_total 2.0" in together
    assert "kuvaka_generations_in_flight 2.0" in together
    assert "kuvaka_reaps_total 2.0" in after
    assert "kuvaka_generations_in_flight 1.0" in after


def test_a_folder_is_removed_only_after_its_process_has_ended(tmp_path: Path) -> None:
    living = multiprocess_dir.make(parent=tmp_path)
    dead = multiprocess_dir.make(parent=tmp_path)
    dead.release()
    fresh = multiprocess_dir.make(parent=tmp_path)
    assert [path.exists() for path in (living.path, dead.path, fresh.path)] == [True, False, True]
    for folder in (living, fresh):
        folder.release()


def test_one_that_was_left_without_a_lock_is_removed_too(tmp_path: Path) -> None:
    (tmp_path / "half-made").mkdir()
    multiprocess_dir.make(parent=tmp_path).release()
    assert not (tmp_path / "half-made").exists()


def test_a_folder_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    folder = multiprocess_dir.make(parent=tmp_path / "link")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert folder.path.is_dir()
    folder.release()


@pytest.fixture
def no_sweeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the folders where no other process removes those of dead processes before the test checks them."""
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


def test_a_started_process_has_its_own_folder_until_it_ends(no_sweeper: None) -> None:
    variables, folder = processes.with_metrics("worker", os.environ)
    assert folder is not None
    assert variables[processes.NAME] == "worker"
    assert variables[multiprocess_dir.VARIABLE] == str(folder.path)
    with subprocess.Popen(["sleep", "60"], pass_fds=[folder.descriptor]) as process:
        folder.release()
        assert is_held(folder.path)
        process.kill()
    assert not is_held(folder.path)


def test_a_process_starts_even_if_no_folder_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/proc/nowhere")
    variables, folder = processes.with_metrics("worker", {"A": "1"})
    assert (variables, folder) == ({"A": "1", processes.NAME: "worker"}, None)


def test_each_start_under_make_run_gets_a_fresh_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_sweeper: None
) -> None:
    monkeypatch.setattr(processes, "command", lambda line: ["sh", "-c", f"echo ${multiprocess_dir.VARIABLE}; sleep 60"])
    with (tmp_path / "output").open("w") as output:
        console = Console(output, colour=False, names=("web",))
        supervisor = Supervisor(console=console, environment=os.environ, mark_file=tmp_path / "mark")
        children = [supervisor._start("web"), supervisor._start("web")]
        give_up_at = time.monotonic() + 60
        while not all(child.lines for child in children):
            assert time.monotonic() < give_up_at
            time.sleep(0.02)
        folders = {Path(child.lines[0]) for child in children}
        held = [is_held(folder) for folder in folders]
        for child in children:
            child.process.kill()
            child.process.wait()
    assert len(folders) == 2
    assert held == [True, True]


def is_held(folder: Path) -> bool:
    with (folder / multiprocess_dir.LOCK).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
