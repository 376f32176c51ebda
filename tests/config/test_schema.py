"""The OpenAPI schema: every route, and no warnings."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import URLPattern, get_resolver

from config.http.problems import CONTENT_TYPE, InvalidInput, render

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = {
    "",
    "schema",
    "docs",
    "docs/errors",
    "llms.txt",
    "billing/success",
    "billing/cancel",
    "billing/return",
    "admin",
}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made = subprocess.run(
        [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return dict(yaml.safe_load(made.stdout))


def test_every_route_is_in_the_schema(schema: dict[str, Any]) -> None:
    patterns = [str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)]
    routes = {"/" + re.sub(r"<\w+:(\w+)>", r"{\1}", pattern) for pattern in patterns}
    assert routes - {f"/{page}" for page in PAGES} == set(schema["paths"])


def test_every_operation_with_a_body_has_an_example(schema: dict[str, Any]) -> None:
    bodies = {
        f"{method} {path}": operation["requestBody"]["content"]["application/json"]
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if "requestBody" in operation and path != "/files"  # a form with a file
    }
    assert bodies
    assert [name for name, body in bodies.items() if not body.get("examples")] == []


def test_every_operation_says_what_it_does(schema: dict[str, Any]) -> None:
    operations = {
        f"{method} {path}": each for path, methods in schema["paths"].items() for method, each in methods.items()
    }
    assert [name for name, each in operations.items() if not each.get("summary")] == []


def test_every_response_has_a_description(schema: dict[str, Any]) -> None:
    operations = {
        f"{method} {path}": each for path, methods in schema["paths"].items() for method, each in methods.items()
    }
    silent = {
        f"{name}: {status}"
        for name, each in operations.items()
        for status, response in each["responses"].items()
        if "$ref" not in response and not response["description"]
    }
    assert silent == set()


def test_every_operation_says_how_it_fails(schema: dict[str, Any]) -> None:
    for failure in ("4XX", "default"):
        shapes = {
            path: {each["responses"][failure]["$ref"].rpartition("/")[2] for each in methods.values()}
            for path, methods in schema["paths"].items()
        }
        in_openais = ("/v1/chat", "/v1/models", "/v1/responses")
        assert shapes == {path: {"OpenAIError" if path.startswith(in_openais) else "Problem"} for path in shapes}
    failed = schema["components"]["responses"]["Problem"]
    assert failed["content"].keys() == {CONTENT_TYPE}
    body = json.loads(render(InvalidInput(errors=[{"field": "f", "code": "c", "detail": "d"}])).content)
    problem = schema["components"]["schemas"]["Problem"]
    assert body.keys() == problem["properties"].keys()
    assert set(problem["required"]) == body.keys() - {"errors"}


def test_the_page_loads_nothing_from_other_sites(settings: Any) -> None:
    settings.DEBUG = True
    page = Client().get("/docs")
    assert "https://" not in page.content.decode()
    assert "script-src 'self'" in page["Content-Security-Policy"]


def test_an_api_response_may_load_nothing() -> None:
    policy = Client().get("/nowhere")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
