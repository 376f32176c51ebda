"""What the clients of docs/quickstart.md do when a request is refused, or finds the server busy."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import quickstart
from tests.client_packages.scripted_server import ScriptedServer

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.parametrize("language", ["python", pytest.param("js", marks=pytest.mark.needs_node)]),
]

MESSAGE = "/message/7"
STREAM = f"{MESSAGE}/stream"
START = 'event: start\nid: 1\ndata: {"attempt": 1}\n\nevent: delta\nid: 2\ndata: {"text": "Rain"}\n\n'
DONE = {"id": 7, "stream_url": None, "gemini_response": "Rain.", "reply": {"status": "done"}}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server up to the first event of a reply; what GET of the message answers is for the test."""
    with ScriptedServer() as scripted:
        scripted.answer("/auth/send-otp", 200, {"otp": "123456"})
        scripted.answer("/auth/verify-otp", 200, {"access_token": "first", "refresh_token": "refresh"})
        scripted.answer("/chatroom", 201, {"id": 3})
        scripted.answer("/chatroom/3/message", 202, {"id": 7, "stream_url": f"{scripted.url}{STREAM}"})
        scripted.answer(STREAM, 200, START)
        scripted.answer(STREAM, 204)
        yield scripted


def run(server: ScriptedServer, folder: Path, language: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        quickstart.program(folder, language),
        env={**os.environ, "KUVAKA_URL": server.url, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=False,
    )


def asked(server: ScriptedServer, path: str) -> list[tuple[str, Any]]:
    return [(method, headers.get("authorization")) for method, where, headers in server.requests if where == path]


def test_an_access_token_that_ran_out_is_renewed(server: ScriptedServer, tmp_path: Path, language: str) -> None:
    server.refuse(MESSAGE, 401, "token_expired")
    server.answer(MESSAGE, 200, DONE)
    server.answer("/auth/refresh", 200, {"access_token": "second", "refresh_token": "another"})
    ended = run(server, tmp_path, language)
    assert ended.stdout == "\nRain.\ndone: Rain.\n", ended.stderr
    assert asked(server, MESSAGE) == [("GET", "Bearer first"), ("GET", "Bearer second")]
    assert len(asked(server, "/auth/refresh")) == 1


def test_a_busy_server_is_asked_again(server: ScriptedServer, tmp_path: Path, language: str) -> None:
    server.refuse(MESSAGE, 503, "service_unavailable")
    server.refuse(MESSAGE, 503, "service_unavailable")
    server.refuse(MESSAGE, 429, "throttled")
    server.answer(MESSAGE, 200, DONE)
    ended = run(server, tmp_path, language)
    assert ended.stdout == "\nRain.\ndone: Rain.\n", ended.stderr
    assert len(asked(server, MESSAGE)) == 4


@pytest.mark.parametrize(("status", "code"), [(401, "session_ended"), (404, "not_found")])
def test_a_refusal_ends_the_client(
    server: ScriptedServer, tmp_path: Path, language: str, status: int, code: str
) -> None:
    server.refuse(MESSAGE, status, code)
    ended = run(server, tmp_path, language)
    assert ended.returncode == 1
    assert code in ended.stderr
    assert len(asked(server, MESSAGE)) <= 2
