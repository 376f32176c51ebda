"""Dockerfile, compose.yaml and nginx.conf agree with the Procfile, the settings and the files.

No image is built here; `make image-test` does that. nginx is the real one.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import yaml

from config import environment, processes
from tests.config.variables import NOT_SETTINGS
from tests.nginx import upstream

ROOT = processes.ROOT
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("kuvaka:")}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
INSTRUCTIONS = [line.split(maxsplit=1) for line in DOCKERFILE.splitlines() if line and not line.startswith(("#", " "))]
FINAL = INSTRUCTIONS[max(index for index, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]

NOT_PASSED_ON = {"DEBUG", "DATA_DIR", "PORT", "STREAM_PORT", "WEBHOOK_ALLOW_LOOPBACK"}
"""Settings that compose.yaml does not set: it is production, without embedded services, and nginx has the ports."""


def final(instruction: str) -> list[str]:
    return [rest for name, rest in FINAL if name == instruction]


# --- compose.yaml -----------------------------------------------------------------------------------------------------


def test_services_and_processes_of_the_procfile_match() -> None:
    expected = {name: ["python", "-m", "config.processes", name] for name in processes.parse_procfile()}

    assert {name: service["command"] for name, service in OURS.items()} == expected


def test_services_wait_for_release_and_release_for_the_database() -> None:
    assert SERVICES["release"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert SERVICES["release"]["restart"] == "no"
    for name in OURS.keys() - {"release"}:
        assert OURS[name]["depends_on"]["release"] == {"condition": "service_completed_successfully"}
        assert OURS[name]["restart"] == "unless-stopped"


def test_services_accept_every_setting_and_no_unknown_one() -> None:
    given = set(COMPOSE["x-app"]["environment"])

    assert given - set(environment.names()) <= NOT_SETTINGS
    assert set(environment.names()) - given == NOT_PASSED_ON
    assert {name for name in OURS if OURS[name]["environment"] != COMPOSE["x-app"]["environment"]} == set()


def test_the_settings_accept_the_values_of_compose() -> None:
    sample = dict.fromkeys(("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"), "s" * 40)
    sample |= {"JWT_SIGNING_KEY": "j" * 40, "ALLOWED_HOSTS": "chat.example", "WEB_ORIGIN": "https://chat.example"}
    chosen: dict[str, Any] = {"GEMINI_CLIENT": "stand-in", "SMS_DELIVERY": "response", "SHOW_CODES_TO_ANYONE": True}
    filled = {
        name: re.sub(r"\$\{(\w+)[^}]*\}", lambda match: sample[match[1]], value)
        for name, value in COMPOSE["x-app"]["environment"].items()
        if value is not None
    }

    settings = environment.Environment(_env_file=None, DEBUG=False, **filled, **chosen)

    assert not settings.DEBUG
    assert settings.PROXY_HOPS == 1
    assert settings.DATABASE_URL.endswith(f":{'s' * 40}@postgres:5432/kuvaka")
    assert settings.REDIS_URL.endswith(f":{'s' * 40}@redis:6379/0")


def test_a_missing_secret_is_an_error_and_none_is_in_the_file() -> None:
    text = (ROOT / "compose.yaml").read_text()
    uses = re.findall(r"\$\{(\w*(?:KEY|PASSWORD|TOKEN|TLS)\w*)(:?.)", text)

    assert {name for name, _ in uses} == {
        "SECRET_KEY",
        "JWT_SIGNING_KEY",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "TLS_DIR",
    }
    assert {operator for _, operator in uses} == {":?"}
    literal = {name: value for name, value in COMPOSE["x-app"]["environment"].items() if value and "${" not in value}
    assert literal == {"PROXY_HOPS": "1"}


def test_redis_keeps_what_is_written_and_evicts_nothing() -> None:
    command = SERVICES["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))

    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--requirepass"].startswith("${REDIS_PASSWORD:?")
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]


def test_postgresql_has_ten_more_connections_than_the_pools() -> None:
    limit = int(next(part for part in SERVICES["postgres"]["command"] if "max_connections" in part).partition("=")[2])
    web, prefork = 2, 2
    pools = web + prefork + 4  # the stream, the worker, beat, and the parent of the prefork worker

    assert pools * environment.Environment.model_fields["DATABASE_POOL_SIZE"].default <= limit - 10


def test_a_worker_has_the_time_to_release_its_replies() -> None:
    grace = int(SERVICES["worker"]["stop_grace_period"].removesuffix("s"))

    assert grace > environment.Environment.model_fields["REPLY_DRAIN"].default + 10


def test_only_nginx_can_be_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx"}
    assert {key for service in SERVICES.values() for key in service} & {
        "privileged",
        "network_mode",
        "cap_add",
    } == set()


def test_every_mounted_file_exists() -> None:
    mounts = [volume.split(":") for service in SERVICES.values() for volume in service.get("volumes", [])]
    files = [source for source, *_ in mounts if source.startswith(".")]

    assert files == ["./deploy/nginx.conf"]
    assert (ROOT / files[0]).is_file()
    assert {source for source, *_ in mounts if re.fullmatch(r"\w+", source)} == set(COMPOSE["volumes"])


def test_every_image_has_a_version() -> None:
    images = [service["image"] for service in SERVICES.values()]
    images += [rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"]

    assert [image for image in images if not re.search(r":(\d[\w.-]*|\$\{VERSION:-local\})$", image)] == []


# --- Dockerfile -------------------------------------------------------------------------------------------------------


def test_the_image_starts_a_procfile_process_and_not_as_root() -> None:
    assert json.loads(final("CMD")[0]) == ["python", "-m", "config.processes", "web"]
    assert final("USER") == ["10001:10001"]
    assert final("STOPSIGNAL") == ["SIGTERM"]
    assert final("ENTRYPOINT") == []


def test_the_image_has_what_production_needs_and_only_that() -> None:
    runs = " ".join(rest for name, rest in INSTRUCTIONS if name == "RUN")

    assert re.findall(r"-r (requirements\S+)", runs) == ["requirements-uv.txt", "requirements.txt"]
    assert runs.count(" install ") == runs.count("--require-hashes") == 2
    assert "requirements-dev" not in DOCKERFILE


def test_every_copied_path_exists_and_only_what_runs_gets_in() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    sources = {
        source
        for name, rest in INSTRUCTIONS
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }

    assert "*" in (ROOT / ".dockerignore").read_text().splitlines()
    assert allowed == packages | {"templates", "manage.py", "Procfile", "requirements.txt", "requirements-uv.txt"}
    assert {path for path in allowed | sources if not (ROOT / path).exists()} == set()


def test_all_that_the_build_removes_exists() -> None:
    site = Path(phonenumbers.__file__).parent.parent
    removed = re.findall(r"/venv/lib/python3\.11/site-packages/(\S+)", DOCKERFILE)

    assert len(removed) == 2
    assert {path for path in removed if not (site / path).is_dir()} == set()


def test_the_builds_own_command_collects_the_static_files() -> None:
    step = next(rest for name, rest in INSTRUCTIONS if name == "RUN" and "collectstatic" in rest)
    bare = {name: value for name, value in os.environ.items() if name not in environment.names()}

    result = subprocess.run(
        ["sh", "-c", f"{step} --dry-run"],
        cwd=ROOT,
        env=processes.environment({**bare, "ENV_FILE": os.devnull}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert "static files copied" in result.stdout or "static file copied" in result.stdout


def test_no_value_of_the_build_stays_in_the_image() -> None:
    kept = " ".join(rest for name, rest in INSTRUCTIONS if name in {"ENV", "ARG"})

    assert set(re.findall(r"(\w+)=", kept)) == {
        *("PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
        *("PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR"),
    }


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_asks_livez(status: int, healthy: bool) -> None:
    command = json.loads(final("HEALTHCHECK")[0].partition("CMD ")[2])
    with upstream(status=status) as (server, asked):
        port = str(server.server_address[1])
        result = subprocess.run(
            [sys.executable, *command[1:]], env={**os.environ, "PORT": port}, capture_output=True, check=False
        )

    assert (result.returncode == 0) is healthy
    assert [request["path"] for request in asked] == ["/livez"]
