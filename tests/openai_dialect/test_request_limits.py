"""Requests in OpenAI's dialect that are refused for their size, or for what cannot be stored."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from pydantic import ValidationError
from rest_framework.test import APIClient

from billing.models import LedgerEntry
from chatrooms.models import Chatroom, Message
from chatrooms.openai import chat_request, parameters, response_request
from chatrooms.openai.errors import InvalidParameter

pytestmark = pytest.mark.django_db

REAL = parameters.objects_of
MANY = 300_000
QUESTION = "What is a monsoon?"


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for _ in range(depth):
        made = {"a": made}
    return made


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def format_of(**more: str) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "name": "person", "schema": {"type": "object"}, **more}}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": [1] * MANY}, "input[0]"),
        ({"input": [user(QUESTION)] * 2_001}, "input"),
        ({"input": [user([1] * MANY)]}, "input[0].content[0]"),
        ({"input": [{"role": "assistant", "content": [1] * MANY}]}, "input[0].content[0]"),
        ({"input": [{"role": "system", "content": [1] * MANY}]}, "input[0].content[0]"),
        ({"input": [user([1] * 100)] * 2_000}, "input[0].content[0]"),
        ({"input": [user("a") | {f"x{number}": 1 for number in range(MANY)}]}, None),
        ({"messages": [1] * MANY}, "messages[0]"),
        ({"messages": [user([1] * MANY)]}, "messages[0].content[0]"),
        ({"messages": [user([1] * 100)] * 2_000}, "messages[0].content[0]"),
    ],
)
def test_few_errors_are_made_of_many(body: dict[str, Any], param: str | None) -> None:
    module = chat_request if "messages" in body else response_request
    made: list[int] = []

    def counted(error: ValidationError) -> Any:
        made.append(error.error_count())
        return REAL(error)

    with patch.object(parameters, "objects_of", counted), pytest.raises(InvalidParameter) as refused:
        module.parse({"model": settings.GEMINI_MODEL, **body})
    assert refused.value.data["param"] == param
    assert sum(made) < 10


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"metadata": "a"}, "metadata"),
        ({"metadata": {str(number): "a" for number in range(17)}}, "metadata"),
        ({"metadata": {"a" * 65: "a"}}, "metadata"),
        ({"metadata": {"a": "a" * 513}}, "metadata"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"metadata": {"a": "\x00"}}, "metadata"),
        ({"metadata": {"a\x00": "a"}}, "metadata"),
        ({"metadata": {"a": "\ud800"}}, "metadata"),
        ({"metadata": nested(450)}, "metadata"),
        ({"text": format_of(name="a\x00")}, "text.format.name"),
        ({"text": format_of(name="\ud800")}, "text.format.name"),
        ({"text": format_of(name="")}, "text.format.name"),
        ({"text": format_of(name="a" * 65)}, "text.format.name"),
        ({"text": format_of(description="\x00")}, "text.format.description"),
        ({"text": format_of(description="\ud800")}, "text.format.description"),
        ({"text": format_of(description="a" * 1_025)}, "text.format.description"),
    ],
)
def test_what_is_shown_again_can_be_stored(client: APIClient, more: dict[str, Any], param: str) -> None:
    text = json.dumps({"model": settings.GEMINI_MODEL, "input": QUESTION, **more})
    response = client.generic("POST", "/v1/responses", text, content_type="application/json")
    assert (response.status_code, response.json()["error"]["param"]) == (400, param), response.content
    assert not any(kind.objects.exists() for kind in (Message, Chatroom, LedgerEntry))


def test_a_number_without_end_is_no_metadata(client: APIClient) -> None:
    text = '{"input": "Hello", "metadata": {"a": 1e999}}'
    response = client.generic("POST", "/v1/responses", text, content_type="application/json")
    assert (response.status_code, Message.objects.exists()) == (400, False)


def test_metadata_within_the_limits_is_shown_again(client: APIClient) -> None:
    metadata = {f"{number:064}": "a" * 512 for number in range(16)}
    body = {"model": settings.GEMINI_MODEL, "input": QUESTION, "background": True, "metadata": metadata}
    assert client.post("/v1/responses", body).json()["metadata"] == metadata
