"""The virus scanner decides, and no file is taken without it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from chatrooms.attachments import scanning
from chatrooms.attachments.models import File
from tests.chatrooms.attachments.conftest import objects_in, post
from tests.doubles.clamd import VIRUS, ClamdDouble
from tests.ports import free_port
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def scanner() -> Iterator[ClamdDouble]:
    with ClamdDouble() as running:
        yield running


def test_a_clean_file_is_kept(scanner: ClamdDouble, client: APIClient, settings: Any) -> None:
    settings.FILES_CLAMD = scanner.address
    assert post(client, b"Hello" * 50_000, "note.txt").status_code == 201


def test_an_infected_file_is_refused(scanner: ClamdDouble, client: APIClient, settings: Any, folder: Path) -> None:
    settings.FILES_CLAMD = scanner.address
    response = post(client, b"x" * 100_000 + VIRUS, "note.txt")
    assert (response.status_code, response.json()["code"]) == (422, "file_infected")
    assert b"Eicar" not in response.content
    assert (File.objects.count(), objects_in(folder)) == (0, [])


@pytest.mark.parametrize("mode", ["hangs", "closes", "limits", "garbles"])
def test_without_a_verdict_no_file_is_taken(
    mode: str, client: APIClient, settings: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "TIMEOUT", 1)
    with ClamdDouble(mode) as broken:
        settings.FILES_CLAMD = broken.address
        response = post(client, b"Hello", "note.txt")
    assert (response.status_code, response.json()["code"]) == (503, "file_scanner_unavailable")
    assert "Retry-After" in response
    assert (File.objects.count(), objects_in(folder)) == (0, [])


def test_without_a_scanner_that_is_set_no_file_is_taken(client: APIClient, settings: Any) -> None:
    settings.FILES_CLAMD = f"127.0.0.1:{free_port()}"
    assert post(client, b"Hello", "note.txt").json()["code"] == "file_scanner_unavailable"


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[str]:
    """Debian's, with one signature of our own."""
    if shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        message = "the clamd program is not installed (apt-get install clamav-daemon)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    port = free_port()
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / "own.ndb").write_text(f"Own-Test:0:*:{VIRUS.hex()}\n")
    configuration = tmp_path / "clamd.conf"
    configuration.write_text(
        f"DatabaseDirectory {tmp_path}/signatures\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\n"
        f"TemporaryDirectory {tmp_path}\nUser {'root' if os.geteuid() == 0 else os.environ.get('USER', 'root')}\n"
    )
    program = shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")
    running = subprocess.Popen([str(program), "-c", str(configuration)], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(port), "clamd")
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as link:
            link.sendall(b"zPING\0")
            return link.recv(10) == b"PONG\0"
    except OSError:
        return False


@pytest.mark.needs_clamd
def test_debians_clamd_decides(clamd: str, client: APIClient, settings: Any) -> None:
    settings.FILES_CLAMD = clamd
    assert post(client, b"Hello", "note.txt").status_code == 201
    assert post(client, VIRUS, "note.txt").json()["code"] == "file_infected"
