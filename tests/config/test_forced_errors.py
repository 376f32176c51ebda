"""An internal error in any view has the common format, and reveals nothing internal."""

import io
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.views import APIView

from tests.promised import PROMISED

pytestmark = pytest.mark.django_db

CANARY = "qz-8c1f-vx"
INTERNAL = (CANARY, "Traceback", "RuntimeError", ".py", "SELECT", "django", "Django", "psycopg", "site-packages")
METHODS = ("get", "post", "patch", "delete")
IDS = {
    "room_id": "1",
    "message_id": "1",
    "file_id": "1",
    "delivery_id": "1",
    "endpoint_id": "01234567-89ab-4cde-8f01-23456789abcd",
    "response_id": "resp_1",
    "chat_id": "1",
    "model": "some-model",
    "key_id": "01234567-89ab-4cde-8f01-23456789abcd",
    "session_id": "01234567-89ab-4cde-8f01-23456789abcd",
}


def fail(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"SELECT {CANARY} FROM accounts_user: +919876543210")


def routes() -> dict[str, URLPattern]:
    return {str(each.pattern): each for each in get_resolver().url_patterns if isinstance(each, URLPattern)}


def view_class(route: URLPattern) -> type[Any] | None:
    return getattr(route.callback, "cls", None)


def operations() -> list[tuple[str, str]]:
    """Each route with each of its methods in the schema; pages only with GET."""
    known = PROMISED["paths"]
    found = []
    for route in routes():
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        found += [(route, method) for method in METHODS if method in known.get(path, {"get": {}})]
    return found


@pytest.mark.parametrize(("route", "method"), operations())
def test_an_error_in_any_view_is_a_problem_without_details(
    route: str, method: str, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    pattern = routes()[route]
    if issubclass(view_class(pattern) or object, APIView):
        monkeypatch.setattr(APIView, "initial", fail)  # what every view of the API begins with
    else:
        monkeypatch.setattr(pattern, "callback", fail)
    path = re.sub(r"<\w+:(\w+)>", lambda name: IDS[name[1]], route)
    response = Client().generic(method.upper(), f"/{path}", "{}", content_type="application/json")
    assert response.status_code == 500
    text = response.content.decode() + str(response.headers)
    assert not [word for word in INTERNAL if word in text]
    if route.startswith(("v1/chat", "v1/models", "v1/responses")):
        assert response.json()["error"]["code"] == "server_error"
    elif route != "admin":
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "internal_error"
        assert response.json()["request_id"] == response["X-Request-ID"]
    assert "RuntimeError" in logged.getvalue()
    assert CANARY not in logged.getvalue()


def test_there_is_a_case_for_each_operation() -> None:
    assert len(operations()) > len(routes()) > 30
