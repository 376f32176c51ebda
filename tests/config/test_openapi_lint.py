"""docs/openapi.yaml passes two common linters, because their findings are problems for generated clients."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.dev import openapi
from tests import node

pytestmark = pytest.mark.needs_node

QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
"""No telemetry, and no check for a newer version."""


def redocly(file: Path) -> list[str]:
    """The findings of Redocly, warnings included."""
    settings = str(node.LINTERS / "redocly.yaml")
    report = report_of("redocly", "lint", str(file), "--config", settings, "--format", "json", "--max-problems", "1000")
    return [f"{each['ruleId']}: {each['message']} {each['location'][0].get('pointer')}" for each in report["problems"]]


def spectral(file: Path) -> list[str]:
    """The findings of Spectral, warnings and hints included."""
    settings = str(node.LINTERS / "spectral.yaml")
    report = report_of("spectral", "lint", str(file), "--ruleset", settings, "--format", "json", "--quiet")
    return [f"{each['code']}: {each['message']} {'/'.join(map(str, each['path']))}" for each in report]


def report_of(program: str, *arguments: str) -> Any:
    command = [str(node.linter(program)), *arguments]
    ended = subprocess.run(command, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False)
    try:
        return json.loads(ended.stdout)
    except ValueError:
        pytest.fail(f"{program} ended with {ended.returncode}: {ended.stdout}{ended.stderr}")


@pytest.mark.parametrize("lint", [redocly, spectral])
def test_a_linter_finds_nothing(lint: Callable[[Path], list[str]]) -> None:
    assert lint(openapi.FILE) == []


@pytest.mark.faults
@pytest.mark.parametrize(
    ("lint", "rules"),
    [
        (redocly, {"no-unresolved-refs", "operation-4xx-response", "operation-operationId-unique"}),
        (spectral, {"invalid-ref", "operation-operationId-unique", "oas3-valid-media-example"}),
    ],
)
def test_a_linter_finds_what_is_wrong(lint: Callable[[Path], list[str]], rules: set[str], tmp_path: Path) -> None:
    """Without this, the other test would also pass if the linter read no rules."""
    schema = yaml.safe_load(openapi.FILE.read_text())
    usage, tiers = schema["paths"]["/usage"]["get"], schema["paths"]["/tiers"]["get"]
    usage["operationId"] = tiers["operationId"]
    usage["responses"] = {"200": {"description": "", "$ref": "#/components/responses/Nothing"}}
    login = schema["paths"]["/auth/login"]["post"]["requestBody"]["content"]["application/json"]
    next(iter(login["examples"].values()))["value"] = {"mobile_number": 0}
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(schema))
    assert rules - {each.partition(":")[0] for each in lint(file)} == set()


def test_the_linters_are_pinned_without_a_fixed_registry() -> None:
    asked = json.loads((node.LINTERS / "package.json").read_text())["dependencies"]
    locked = json.loads((node.LINTERS / "package-lock.json").read_text())["packages"]
    packages = {name: each for name, each in locked.items() if name}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert [name for name, each in packages.items() if "resolved" in each] == []
