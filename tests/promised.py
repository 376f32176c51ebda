"""Compares every response that a test gets with docs/openapi.yaml: status, headers, and a body without extra fields."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from jsonschema_rs import Draft202012Validator

from config.dev import openapi
from config.dev.openapi import resolved

Schema = dict[str, Any]

PROMISED: Schema = openapi.read()
OF_FAILURES = {"allow", "www-authenticate"}
"""Headers that are documented for failures only."""


def hold(method: str, url: str, status: int, headers: Mapping[str, str], body: bytes | None) -> None:
    """Compare a response, whose body may be unknown (None), with docs/openapi.yaml, unless that lacks the route."""
    operation = _operation(method.lower(), urlsplit(url).path)
    if operation is None:
        return
    where = f"{method} {url}: {status}"
    promised = operation["responses"].get(str(status))
    if promised is None:
        assert status >= HTTPStatus.BAD_REQUEST, f"{where} is not promised"
        promised = resolved(operation["responses"]["default"], PROMISED)
    _hold_headers(where, promised.get("headers", {}), {name.lower(): value for name, value in headers.items()})
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "").partition(";")[0]
    content = promised.get("content", {})
    assert (kind in content) if content else not body, f"{where}: {kind or 'nothing'} is not promised"
    if body is not None and kind.endswith("json"):
        _hold_value(where, content[kind]["schema"], json.loads(body))


def hold_event(event: Schema) -> None:
    """Compare an event of a stream with docs/openapi.yaml."""
    _hold_value("an event", {"$ref": "#/components/schemas/StreamEvent"}, event)


def _hold_headers(where: str, promised: Schema, headers: Mapping[str, str]) -> None:
    schemas = {name.lower(): resolved(each, PROMISED)["schema"] for name, each in promised.items()}
    known = {name.lower() for name in PROMISED["components"]["headers"]} - OF_FAILURES
    assert headers.keys() & known <= schemas.keys(), (
        f"{where}: {headers.keys() & known - schemas.keys()} are not promised"
    )
    assert "x-request-id" in headers, where
    for name in headers.keys() & schemas.keys():
        value: Any = headers[name]
        _hold_value(f"{where}: {name}", schemas[name], int(value) if schemas[name]["type"] == "integer" else value)


def _hold_value(where: str, schema: Schema, value: Any) -> None:
    faults = [f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in _faults(schema, value)]
    assert faults == [], f"{where}: {faults}"


def _faults(schema: Schema, value: Any) -> Iterator[Any]:
    return _validator(json.dumps(schema)).iter_errors(value)


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": _exact()}, validate_formats=True)


@cache
def _exact() -> Schema:
    """The components, of which none allows a field that it does not name."""
    components = copy.deepcopy(PROMISED["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return {"schemas": components["schemas"]}


@cache
def _routes() -> list[tuple[re.Pattern[str], Schema]]:
    """Every path, those without a variable first."""
    paths = sorted(PROMISED["paths"].items(), key=lambda each: "{" in each[0])
    return [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), item) for path, item in paths]


def _operation(method: str, path: str) -> Schema | None:
    return next((item.get(method) for pattern, item in _routes() if pattern.fullmatch(path)), None)
