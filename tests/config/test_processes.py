"""All commands are in the Procfile, and the process that it starts is the one that gets the signals."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config import environment, processes
from tests.config.variables import NOT_SETTINGS


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(processes.ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "config/__init__.py").write_text("")  # the real one imports Celery, which costs half a second a time
    (tmp_path / "Procfile").write_text(
        '# not: a process\n\nshow: python show.py ${GIVEN:-nothing} $$\nonce: sh -c "echo one && echo two"\n'
    )
    (tmp_path / "show.py").write_text(
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print(os.getpid(), os.getcwd(), sys.prefix, *sys.argv[1:], flush=True)\n"
        "time.sleep(60)\n"
    )
    return tmp_path


def start(checkout: Path, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "config.processes", *arguments],
        cwd=checkout,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_processes_are_those_of_the_design() -> None:
    assert list(processes.parse_procfile()) == ["web", "stream", "worker", "tasks", "beat", "release"]


def test_platforms_that_read_the_procfile_as_yaml_find_the_same() -> None:
    assert yaml.safe_load(processes.PROCFILE.read_text()) == processes.parse_procfile()


def test_a_process_replaces_the_one_that_started_it(checkout: Path) -> None:
    with start(checkout, "show", GIVEN="something") as process:
        assert process.stdout is not None
        pid, folder, prefix, *arguments = process.stdout.readline().split()
        process.send_signal(signal.SIGTERM)

    assert int(pid) == process.pid
    assert process.returncode == 7
    assert Path(folder) == checkout
    assert prefix == sys.prefix
    assert arguments == ["something", str(process.pid)]


def test_a_variable_that_is_not_set_has_its_default(checkout: Path) -> None:
    with start(checkout, "show") as process:
        assert process.stdout is not None
        arguments = process.stdout.readline().split()[3:]
        process.kill()

    assert arguments[0] == "nothing"


def test_a_process_of_several_commands_runs_them_all(checkout: Path) -> None:
    output, _ = start(checkout, "once").communicate()

    assert output == "one\ntwo\n"


@pytest.mark.parametrize("arguments", [(), ("unknown",), ("show", "once")])
def test_an_unknown_process_is_refused_with_the_known_names(checkout: Path, arguments: tuple[str, ...]) -> None:
    process = start(checkout, *arguments)
    output, errors = process.communicate()

    assert process.returncode == 1
    assert output == ""
    assert "{show,once}" in errors


def test_the_requirements_install_every_program_of_the_procfile() -> None:
    path = processes.environment({})["PATH"]
    programs = {command.split()[0] for command in processes.parse_procfile().values()} | {"python"}

    assert {program for program in programs if shutil.which(program, path=path) is None} == set()


def test_every_variable_of_the_procfile_is_documented() -> None:
    used = set(re.findall(r"\$\{(\w+)", "".join(processes.parse_procfile().values())))

    assert used >= NOT_SETTINGS
    assert used - NOT_SETTINGS <= set(environment.names())


def test_every_queue_has_a_worker_with_a_unique_name() -> None:
    workers = [line for line in processes.parse_procfile().values() if " worker " in line]

    assert [re.search(r"-Q (\w+)", line)[1] for line in workers] == ["gemini", "default"]  # type: ignore[index]
    assert [re.search(r"-n (\S+)", line)[1] for line in workers] == ["gemini-$$@%h", "default-$$@%h"]  # type: ignore[index]


def test_a_service_link_of_kubernetes_is_no_setting(checkout: Path) -> None:
    given = {"STREAM_PORT": "tcp://10.0.0.7:8001", "METRICS_PORT": "tcp://10.0.0.8:9000", "PORT": "8080"}
    assert "STREAM_PORT" not in processes.environment(given)
    assert processes.environment(given)["PORT"] == "8080"
    settings = environment.Environment(
        _env_file=None,
        DEBUG=True,
        SECRET_KEY="s" * 40,
        JWT_SIGNING_KEY="j" * 40,
        DATABASE_URL="postgresql://none@127.0.0.1:1/none",
        REDIS_URL="redis://127.0.0.1:1/0",
        **given,
    )
    assert (settings.PORT, settings.METRICS_PORT) == (8080, None)
    assert str(settings.STREAM_PORT) != given["STREAM_PORT"]
