"""The file by which a container's health check sees whether `worker`, `tasks` or `beat` works."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import signals

from config import alive
from config.processes import NAME
from tests.servers import ROOT


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the files, instead of the machine's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def let_pass(seconds: float, folder: Path) -> None:
    for mark in folder.glob("*.alive"):
        then = time.time() - seconds
        os.utime(mark, (then, then))


@pytest.mark.parametrize("name", alive.NAMES)
def test_a_process_that_just_touched_its_file_works(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    alive.mark(name)
    assert (alive.main([name]), capsys.readouterr().err) == (0, "")
    assert [alive.main([other]) for other in alive.NAMES if other != name] == [1, 1]


def test_a_process_without_a_file_does_not_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert (alive.age("worker"), alive.main(["worker"])) == (None, 1)
    assert "worker has never reached" in capsys.readouterr().err


def test_a_file_older_than_a_minute_does_not_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alive.mark("tasks")
    let_pass(50, folder)
    assert alive.main(["tasks"]) == 0
    let_pass(61, folder)
    assert alive.main(["tasks"]) == 1
    assert "tasks has not reached the broker for 61 s" in capsys.readouterr().err
    alive.mark("tasks")
    assert alive.main(["tasks"]) == 0, "a process that touches its file again works"


@pytest.mark.parametrize("arguments", [[], ["web"], ["worker", "beat"], ["../worker"]])
def test_only_the_three_names_are_accepted(arguments: list[str]) -> None:
    assert alive.main(arguments) == 2


def test_other_processes_touch_no_file(folder: Path) -> None:
    for name in ("", "web", "../worker"):
        alive.mark(name)
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_written_is_no_error(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder / "nowhere"))
    alive.mark("worker")
    assert alive.age("worker") is None


def test_a_worker_touches_its_file_with_each_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "worker")
    signals.heartbeat_sent.send(sender=None)
    assert [alive.main([name]) for name in ("worker", "tasks")] == [0, 1]


def test_beat_touches_its_file_with_each_task_it_publishes() -> None:
    before = list(signals.after_task_publish.receivers)
    try:
        signals.beat_init.send(sender="beat")
        signals.after_task_publish.send(sender="some.task")
    finally:
        signals.after_task_publish.receivers[:] = before
    assert alive.main(["beat"]) == 0


@pytest.mark.parametrize(("is_marked", "code"), [(True, 0), (False, 1)])
def test_the_command_ends_with_the_code_of_the_check(folder: Path, is_marked: bool, code: int) -> None:
    """As a container runs it; it must not load Django, or each check would take a second."""
    if is_marked:
        alive.mark("worker")
    check = "import runpy, sys; sys.argv = ['alive', 'worker']; runpy.run_module('config.alive', run_name='__main__')"
    code_to_run = f"import atexit, sys; atexit.register(lambda: print('django' in sys.modules)); {check}"
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(folder)}
    ran = subprocess.run(
        [sys.executable, "-c", code_to_run], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (code, "False"), ran.stderr
