"""The Postman collection: the whole API, and the same files every time."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.dev import openapi, postman
from config.dev.postman_tour import STREAM, TOUR
from tests.config.postman_requests import requests_of

NEWMAN = postman.NEWMAN


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return openapi.document()


@pytest.fixture(scope="module")
def made(schema: dict[str, Any]) -> dict[str, Any]:
    return postman.collection(schema)


def steps() -> Iterator[Any]:
    return (step for folder in TOUR for step in folder.steps)


def test_every_operation_is_in_the_tour(schema: dict[str, Any]) -> None:
    operations = {f"{method.upper()} {path}" for path, item in schema["paths"].items() for method in item}
    assert operations - {step.operation for step in steps()} == set()


def test_the_tour_has_a_success_for_every_operation_but_two(schema: dict[str, Any]) -> None:
    """Nothing fails while all goes well, so there is nothing to retry; and the stack's files are in a folder."""
    refused = {
        operation
        for operation in {step.operation for step in steps()}
        if not any(min(step.status) < 400 for step in steps() if step.operation == operation)
    }
    assert refused == {"POST /message/{message_id}/retry", "POST /files/{file_id}/complete"}


def test_the_committed_files_are_what_the_code_makes(made: dict[str, Any]) -> None:
    assert postman.COLLECTION.read_text() == postman.rendered(made), "run: make postman"
    assert postman.ENVIRONMENT.read_text() == postman.rendered(postman.environment()), "run: make postman"


@pytest.mark.faults
def test_another_process_makes_the_same_files(made: dict[str, Any]) -> None:
    code = (
        "from config.dev import openapi, postman\n"
        "print(postman.rendered(postman.collection(openapi.document())), end='')"
    )
    again = subprocess.run([sys.executable, "-c", code], cwd=postman.ROOT, capture_output=True, text=True, check=True)
    assert again.stdout == postman.rendered(made)


def test_every_request_has_a_name_description_and_status_test(made: dict[str, Any]) -> None:
    found = list(requests_of(made))
    assert len(found) == len(list(steps()))
    for item in found:
        assert item["name"]
        assert item["request"]["description"]
        scripts = {event["listen"]: "\n".join(event["script"]["exec"]) for event in item["event"]}
        assert "pm.response.code" in scripts["test"]


def test_every_body_is_json_and_begins_with_the_schemas_example(made: dict[str, Any], schema: dict[str, Any]) -> None:
    bodies = {item["name"]: item["request"]["body"]["raw"] for item in requests_of(made) if "body" in item["request"]}
    assert json.loads(bodies["Send a message"]) == {"content": "What is a monsoon?"}
    assert json.loads(bodies["Change a chatroom"]) == {"name": "Trip to Goa", "pinned": True}
    form = bodies.pop("Upload a file")
    assert form.startswith("--tour\r\n")
    assert all(isinstance(json.loads(raw), dict) for raw in bodies.values())


def test_no_request_uses_a_variable_that_nothing_before_it_sets(made: dict[str, Any]) -> None:
    known = set(postman.SETTINGS) | {"mobile_number", "other_mobile_number", "new_mobile_number", "run"}
    for step, item in zip(steps(), requests_of(made), strict=True):
        used = set(re.findall(r"\{\{(\w+)\}\}", json.dumps(item["request"])))
        assert used - known == set(), item["name"]
        known |= step.saves.keys()
        if "bearer" in item["request"].get("auth", {}) or "auth" not in item["request"]:
            assert step.token in known, item["name"]


def test_open_operations_are_asked_without_a_token(made: dict[str, Any], schema: dict[str, Any]) -> None:
    for step, item in zip(steps(), requests_of(made), strict=True):
        method, _, path = step.operation.partition(" ")
        is_open = step.operation == STREAM or not schema["paths"][path][method.lower()].get("security")
        assert (item["request"].get("auth", {}).get("type") == "noauth") is is_open, item["name"]


def test_no_secret_is_committed() -> None:
    values = {each["key"]: each["value"] for each in json.loads(postman.ENVIRONMENT.read_text())["values"]}
    assert values["webhook_secret"] == ""
    assert {each["value"] for each in json.loads(postman.COLLECTION.read_text())["variable"]} == {""}


def test_newman_is_pinned_without_a_fixed_registry() -> None:
    asked = json.loads((NEWMAN / "package.json").read_text())["dependencies"]
    locked = json.loads((NEWMAN / "package-lock.json").read_text())["packages"]
    packages = {name: each for name, each in locked.items() if name}
    assert {name: packages[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert [name for name, each in packages.items() if "resolved" in each] == []


def test_running_it_without_npm_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postman, "NEWMAN", tmp_path)
    assert postman.main(["--run"]) == 1
    assert "it needs Node.js and npm" in capsys.readouterr().err
