"""What docs/openapi.yaml forbids is refused: values that are not text, empty parameters, invalid cursors."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from config.dev import openapi
from config.dev.openapi import resolved

pytestmark = pytest.mark.django_db

PROMISED = openapi.read()
MISSING = {"content": "Hello"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in PROMISED["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def texts() -> Iterator[tuple[str, str, str]]:
    """Every text field of a request, by operation."""
    for method, path, operation in operations():
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for name, field in resolved(body, PROMISED).get("properties", {}).items():
            choices = field.get("oneOf") or field.get("anyOf") or [resolved(field, PROMISED)]
            if any(choice.get("type") == "string" for choice in choices):
                yield method, path, name


def parameters() -> Iterator[tuple[str, str, str]]:
    """Every query parameter that may not be empty."""
    for method, path, operation in operations():
        for each in operation.get("parameters", ()):
            schema = each["schema"]
            if each["in"] == "query" and (schema["type"] != "string" or schema.get("minLength") or "enum" in schema):
                yield method, path, each["name"]


@pytest.fixture
def ask(client: APIClient, ids: dict[str, Any]) -> Callable[..., Any]:

    def make(method: str, path: str, body: Any = None, **query: str) -> Any:
        address = path.format(**ids)
        parameters = "&".join(f"{name}={value}" for name, value in query.items())
        return getattr(client, method)(f"{address}?{parameters}", body)

    return make


def faults(answer: Any) -> set[str]:
    assert answer.status_code == 400, answer.content
    body = answer.json()
    if "error" in body:  # in OpenAI's shape
        return {body["error"]["param"]}
    return {error["field"] for error in body["errors"]}


@pytest.mark.parametrize(("method", "path", "name"), texts())
def test_a_value_that_is_not_text_is_refused(ask: Callable[..., Any], method: str, path: str, name: str) -> None:
    taken = [value for value in (0, 1.5, True, ["a"], {}) if name not in faults(ask(method, path, {name: value}))]
    assert taken == []


@pytest.mark.parametrize(("method", "path", "name"), parameters())
def test_an_empty_parameter_is_refused(ask: Callable[..., Any], method: str, path: str, name: str) -> None:
    others = {"q": "tea"} if path == "/search" else {}
    assert name in faults(ask(method, path, MISSING if method in ("post", "patch") else None, **others | {name: ""}))


@pytest.mark.parametrize("path", ["/chatroom", "/chatroom/{room_id}/messages", "/auth/sessions"])
def test_a_cursor_must_be_spelt_as_it_was_issued(ask: Callable[..., Any], path: str) -> None:
    cursors = ("!!!", "cD0x!", "😀", "cD0x%0A")
    assert [cursor for cursor in cursors if faults(ask("get", path, cursor=cursor)) != {"cursor"}] == []


def test_a_redirect_loop_is_not_reported_as_a_bad_ticket(
    ask: Callable[..., Any],
) -> None:
    path = "/message/{message_id}/stream"
    first = ask("get", path)
    assert first.status_code == 307
    _, _, ticket = first["Location"].partition("ticket=")
    again, bad = ask("get", path, ticket=ticket), ask("get", path, ticket="x")
    assert (again.status_code, again.json()["code"]) == (503, "stream_unavailable")
    assert (bad.status_code, bad.json()["code"]) == (401, "ticket_invalid")
