"""`make manage`: a command in the environment that `make run` gives its processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config import environment
from tests.config.launcher import KEY, Run

MANAGE = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)])); sys.exit(7)"

HOLD = """
import sys
from pathlib import Path
from config.dev import embedded
folder = Path(sys.argv[1])
urls = embedded.Urls("postgresql://here/one", "redis://here/0")
with embedded.hold(folder), embedded.published(folder, urls):
    print("ready", flush=True)
    sys.stdin.read()
"""


def manage(checkout: Path, data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    (checkout / "manage.py").write_text(MANAGE)
    inherited = {name: value for name, value in os.environ.items() if name not in environment.names()}
    return subprocess.run(
        [sys.executable, "-m", "config.dev.manage", *arguments],
        cwd=checkout,
        env={**inherited, "DATA_DIR": str(data_dir), "ENV_FILE": os.devnull, **settings},
        capture_output=True,
        text=True,
    )


def differing(run: Run, variables: dict[str, str]) -> set[str]:
    """The settings that the command finds otherwise than `web` does."""
    names = {*environment.names(), "HOST", "PRETEND_STRIPE_WEBHOOK"} & variables.keys()
    return {name for name in names if run.variable(name) != variables[name]}


def test_a_command_finds_what_the_processes_find(
    pretending: Callable[..., Run], checkout: Path, data_dir: Path
) -> None:
    run = pretending(GEMINI_API_KEY="given-to-the-run-alone", REPLY_LEASE="7").ready()
    done = manage(checkout, data_dir, "some_command", "--dry-run", "two words")
    arguments, variables = json.loads(done.stdout)
    assert arguments == ["some_command", "--dry-run", "two words"]
    assert done.returncode == 7
    assert differing(run, variables) == set()
    assert variables["GEMINI_API_KEY"] == "given-to-the-run-alone"
    assert {"SECRET_KEY", "PORT", "STREAM_PORT", "REPLY_LEASE", "STRIPE_API_HOST", "PRETEND_STRIPE_WEBHOOK"} <= set(
        variables
    )


def test_a_command_finds_the_embedded_servers(checkout: Path, data_dir: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in environment.names()}
    holder = [sys.executable, "-c", HOLD, str(data_dir)]
    with subprocess.Popen(holder, env=clean, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        _, variables = json.loads(manage(checkout, data_dir).stdout)
        process.communicate("")
    assert (variables["DATABASE_URL"], variables["REDIS_URL"]) == ("postgresql://here/one", "redis://here/0")


def test_what_the_command_is_given_itself_wins(start: Callable[..., Run], checkout: Path, data_dir: Path) -> None:
    start(GEMINI_API_KEY="of-the-run").ready()
    _, variables = json.loads(manage(checkout, data_dir, GEMINI_API_KEY="of-the-command").stdout)
    assert variables["GEMINI_API_KEY"] == "of-the-command"
    assert variables["STRIPE_SECRET_KEY"] == KEY


def test_no_key_that_was_given_to_the_run_is_written_down(
    start: Callable[..., Run], checkout: Path, data_dir: Path
) -> None:
    start(GEMINI_API_KEY="never-to-be-written").ready()
    manage(checkout, data_dir)
    kept = [file for file in data_dir.rglob("*") if file.is_file() and b"never-to-be-written" in file.read_bytes()]
    assert kept == []


@pytest.mark.parametrize("folder_is_there", [False, True])
def test_without_a_run_it_says_so(checkout: Path, data_dir: Path, folder_is_there: bool) -> None:
    if folder_is_there:
        data_dir.mkdir()
    done = manage(checkout, data_dir, "some_command")
    assert done.returncode == 1
    assert "make run" in done.stderr
    assert done.stdout == ""
