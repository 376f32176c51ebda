"""compose.yaml and the Dockerfile: which service builds, what may be written, how each process is checked."""

import re
from typing import Any

import yaml

from config import alive, processes

COMPOSE: dict[str, Any] = yaml.safe_load((processes.ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("kuvaka:")}
DOCKERFILE = (processes.ROOT / "Dockerfile").read_text().replace("\\\n", " ")


def test_one_service_builds_the_image_that_all_share() -> None:
    assert [name for name, service in OURS.items() if "build" in service] == ["release"]
    assert SERVICES["release"]["pull_policy"] == "build"
    assert {service["image"] for service in OURS.values()} == {SERVICES["release"]["image"]}
    assert {service["pull_policy"] for name, service in OURS.items() if name != "release"} == {"never"}


def test_every_service_is_read_only_without_capabilities() -> None:
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_every_process_without_http_is_checked_by_its_alive_file() -> None:
    serving = {"web", "stream", "release"}
    assert set(alive.NAMES) == OURS.keys() - serving
    for name in alive.NAMES:
        assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "config.alive", name]


def test_the_stream_is_healthy_when_it_is_ready() -> None:
    command = SERVICES["stream"]["healthcheck"]["test"]
    assert command[:3] == ["CMD", "python", "-c"]
    assert "http://127.0.0.1:8001/readyz" in command[3]
    assert SERVICES["nginx"]["depends_on"]["stream"] == {"condition": "service_healthy"}


def test_every_service_that_stays_up_restarts() -> None:
    assert {name for name, service in SERVICES.items() if service["restart"] != "unless-stopped"} == {"release"}


def test_the_images_user_and_group_have_names() -> None:
    [(gid, group)] = re.findall(r"groupadd --gid (\d+) (\w+)", DOCKERFILE)
    [(uid, primary, user)] = re.findall(r"useradd --uid (\d+) --gid (\d+) .*?(\w+)\n", DOCKERFILE)
    assert (user, primary) == (group, gid)
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == [f"{uid}:{gid}"]
    assert "--system" not in DOCKERFILE, "the numbers are above those of system accounts"
