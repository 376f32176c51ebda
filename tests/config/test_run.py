"""`make run`, on a copy of `config` with a Procfile of small programs, so that a run is short."""

import os
import pty
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import requests
from redis import Redis

from config.dev import embedded
from config.dev.run import PRETEND_STRIPE
from tests.config.launcher import KEY, Run, own_settings
from tests.ports import free_port


def test_a_run_prints_its_address_and_how_to_sign_in(plain: Run) -> None:
    assert f"http://127.0.0.1:{plain.port}/docs" in plain.output
    assert plain.output.count("$url/auth/") == 2
    assert plain.output.count("$url/chatroom") == 3


def test_without_a_key_there_is_a_pretend_stripe(pretending: Callable[..., Run], data_dir: Path) -> None:
    run = pretending().ready()

    host, key = run.variable("STRIPE_API_HOST"), run.variable("STRIPE_SECRET_KEY")
    assert f"Its control page moves time and makes payments fail: {host}/" in run.output
    assert f"The pretend Stripe is at {host}\n" in run.output
    assert run.variable("PRETEND_STRIPE_WEBHOOK") == f"http://127.0.0.1:{run.port}/webhook/stripe"
    assert run.variable("STRIPE_WEBHOOK_SECRET").startswith("whsec_")
    headers = {"Authorization": f"Bearer {key}"}
    made = requests.post(f"{host}/v1/customers", headers=headers, timeout=120).json()
    run.process.terminate()
    assert run.ended() == 0

    again = pretending().ready()
    assert again.variable("STRIPE_SECRET_KEY") == key
    kept = requests.get(f"{again.variable('STRIPE_API_HOST')}/v1/customers/{made['id']}", headers=headers, timeout=120)
    assert kept.json() == made


def test_with_a_key_there_is_no_pretend_stripe(plain: Run) -> None:
    assert "No money moves" not in plain.output
    assert plain.variable("STRIPE_SECRET_KEY") == KEY
    assert f"{PRETEND_STRIPE} " not in plain.output


def test_a_taken_port_of_the_pretend_stripe_is_named(pretending: Callable[..., Run], start: Callable[..., Run]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = start(STRIPE_SECRET_KEY="", PRETEND_STRIPE_PORT=str(port))
        assert run.ended() == 1
    assert f"PRETEND_STRIPE_PORT={port + 1} make run" in run.output


def test_the_next_run_finds_the_data_and_the_keys_of_the_last(start: Callable[..., Run], used_data_dir: Path) -> None:
    # Ports that no connection can take between the runs. The line break is lost when the first run writes its own.
    ports = {f"{name}.port": str(free_port()) for name in ("postgresql", "redis")}
    embedded.make_folder(used_data_dir)
    for file, port in ports.items():
        (used_data_dir / file).write_text(f"{port}\n")
    first = start(own_servers=True, DATA_DIR=str(used_data_dir)).ready()
    assert {file: (used_data_dir / file).read_text() for file in ports} == ports
    keys = [first.variable(name) for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "DATABASE_URL", "REDIS_URL")]
    with psycopg.connect(keys[2]) as connection:
        connection.execute("CREATE TABLE kept_by_the_first_run AS SELECT 42 AS answer")
    with Redis.from_url(keys[3]) as client:
        client.set("kept", "42")
    first.process.terminate()
    first.ended()

    second = start(own_servers=True, DATA_DIR=str(used_data_dir)).ready()

    assert [second.variable(name) for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "DATABASE_URL", "REDIS_URL")] == keys
    with psycopg.connect(keys[2]) as connection:
        assert connection.execute("SELECT answer FROM kept_by_the_first_run").fetchone() == (42,)
    with Redis.from_url(keys[3]) as client:
        assert client.get("kept") == b"42"


def test_keys_and_urls_are_for_their_owner_alone(start: Callable[..., Run], data_dir: Path) -> None:
    start(own_servers=True).ready()

    secrets = [data_dir / "embedded.json", data_dir / "postgresql.log", *(data_dir / "secrets").iterdir()]

    assert {file.name for file in secrets} >= {"SECRET_KEY", "JWT_SIGNING_KEY", "postgresql", "redis"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}


def test_a_run_is_local_development_by_default(plain: Run) -> None:
    assert (plain.variable("DEBUG"), plain.variable("HOST")) == ("true", "127.0.0.1")


def test_a_host_name_does_not_open_the_port_to_the_network(start: Callable[..., Run]) -> None:
    assert start(HOST=socket.gethostname()).ready().variable("HOST") == "127.0.0.1"


def test_the_environment_is_passed_on(start: Callable[..., Run]) -> None:
    run = start(GEMINI_API_KEY="a-key", GEMINI_BASE_URL="http://127.0.0.1:1", SECRET_KEY="s" * 40).ready()

    assert run.variable("GEMINI_API_KEY") == "a-key"
    assert run.variable("GEMINI_BASE_URL") == "http://127.0.0.1:1"
    assert run.variable("SECRET_KEY") == "s" * 40
    assert "through google-genai" in run.output


def test_the_environment_overrides_the_settings_file(start: Callable[..., Run], tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("GEMINI_CONCURRENCY=3\nSECRET_KEY=ffffffffffffffffffffffffffffffffffffffff\nLOG_LEVEL=ERROR\n")

    run = start(ENV_FILE=str(file), LOG_LEVEL="WARNING").ready()

    assert run.variable("GEMINI_CONCURRENCY") == "3"
    assert run.variable("SECRET_KEY") == "f" * 40
    assert run.variable("LOG_LEVEL") == "WARNING"


@pytest.mark.parametrize(("given", "own"), [("DATABASE_URL", "redis"), ("REDIS_URL", "postgresql")])
def test_one_given_server_and_one_of_our_own(given: str, own: str, start: Callable[..., Run], data_dir: Path) -> None:
    run = start(own_servers=True, **{given: os.environ[given]}).ready()

    assert run.variable(given) == os.environ[given]
    assert [name for name in ("postgresql", "redis") if (data_dir / name).exists()] == [own]
    urls = embedded.running_urls(data_dir)
    assert urls is not None
    assert run.variable("DATABASE_URL") == urls.database_url
    assert run.variable("REDIS_URL") == urls.redis_url


def test_with_both_urls_given_no_server_is_started(plain: Run) -> None:
    assert not (plain.data_dir / "postgresql").exists()
    assert not (plain.data_dir / "redis").exists()


def test_embedded_services_never_run_in_production(start: Callable[..., Run], data_dir: Path) -> None:
    run = start(own_servers=True, DEBUG="false")

    assert run.ended() == 1
    assert "DATABASE_URL is required when DEBUG is off" in run.output
    assert not (data_dir / "postgresql").exists()


@pytest.mark.parametrize("name", ["PORT", "STREAM_PORT"])
def test_a_taken_port_is_named_before_anything_starts(name: str, start: Callable[..., Run], data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        run = start(own_servers=True, **{name: str(port)})

        assert run.ended() == 1
    assert f"Port {port} of 127.0.0.1 is taken" in run.output
    assert f"set {name}: {name}={port + 1} make run" in run.output
    assert not (data_dir / "postgresql").exists()


def test_a_second_run_with_the_same_data_is_refused(start: Callable[..., Run], plain: Run) -> None:
    second = start(DATA_DIR=str(plain.data_dir))

    assert second.ended() == 1
    assert f"already runs from {plain.data_dir} (process {plain.process.pid})" in second.output
    assert plain.variable("DEBUG") == "true"


def test_the_log_is_coloured_for_a_terminal_and_plain_elsewhere(checkout: Path, data_dir: Path) -> None:
    def first_lines(**more: str) -> bytes:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "config.dev.run"],
            cwd=checkout,
            env={**os.environ, **own_settings(data_dir), **more},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        output = b""
        while b"Ctrl-C stops everything" not in output:
            output += os.read(ours, 4096)
        process.terminate()
        process.wait()
        os.close(ours)
        return output

    assert b"\x1b[" in first_lines()
    assert b"\x1b[" not in first_lines(NO_COLOR="1")
