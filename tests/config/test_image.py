"""`make image-test` reports what it lacks, and knows the Dockerfile's base image. Nothing is built here."""

import os
from pathlib import Path

import pytest

from config import alive, processes
from tests.image import base
from tests.image.__main__ import PROGRAMS, main
from tests.image.containers import MOUNTS


def test_the_dockerfiles_base_can_be_made() -> None:
    found = base.named_in((processes.ROOT / "Dockerfile").read_text())
    assert found == base.Base(name="python:3.11-slim-bookworm", python="3.11", suite="bookworm")
    assert found.full_name == "docker.io/library/python:3.11-slim-bookworm"


@pytest.mark.parametrize(
    "dockerfile", ["FROM alpine\n", "FROM python:3.11-slim-bookworm AS a\nFROM python:3.12-slim\n"]
)
def test_another_base_is_an_error(dockerfile: str) -> None:
    with pytest.raises(ValueError, match="base"):
        base.named_in(dockerfile)


@pytest.mark.parametrize(("user", "lack"), [(0, "needs Debian's packages"), (1000, "needs root and Debian's packages")])
def test_missing_programs_are_reported(
    user: int, lack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert main([]) == 1
    said = capsys.readouterr().err
    assert lack in said
    assert f"apt-get install {' '.join(PROGRAMS)}" in said


def test_every_process_is_checked_in_one_way() -> None:
    """By HTTP, by its alive file, or by its exit code: a new line of the Procfile needs one of them."""
    assert {"web", "stream", processes.ONCE, *alive.NAMES} == processes.parse_procfile().keys()


def test_tmp_is_as_large_as_compose_makes_it() -> None:
    options = next(options for where, _, _, options in MOUNTS if where == "/tmp")
    assert 'tmpfs: ["/tmp:mode=1777,size=64m"]' in (processes.ROOT / "compose.yaml").read_text()
    assert {"mode=1777", "size=64m"} <= set(options)
