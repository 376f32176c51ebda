"""An error of ours in any view has the one shape, and tells nothing of what is inside."""

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
IDS = {"room_id": "1", "message_id": "1", "session_id": "01234567-89ab-4cde-8f01-23456789abcd"}


def fail(*_: Any, **__: Any) -> Any:
    raise RuntimeError(f"SELECT {CANARY} FROM accounts_user: +919876543210")


def routes() -> dict[str, URLPattern]:
    return {str(each.pattern): each for each in get_resolver().url_patterns if isinstance(each, URLPattern)}


def view_class(route: URLPattern) -> type[Any] | None:
    return getattr(route.callback, "cls", None)


def operations() -> list[tuple[str, str]]:
    """Each route with each verb that the contract knows of it; the pages are read."""
    known = PROMISED["paths"]
    found = []
    for route in routes():
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        found += [(route, method) for method in METHODS if method in known.get(path, {"get": {}})]
    return found


@pytest.mark.parametrize(("route", "method"), operations())
def test_an_error_in_any_view_is_a_problem_that_tells_nothing(
    route: str, method: str, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    pattern = routes()[route]
    if issubclass(view_class(pattern) or object, APIView):
        monkeypatch.setattr(APIView, "initial", fail)  # what every view of the API begins with
    else:
        monkeypatch.setattr(pattern, "callback", fail)
    path = re.sub(r"<\w+:(\w+)>", lambda name: IDS[name[1]], route)
    answer = Client().generic(method.upper(), f"/{path}", "{}", content_type="application/json")
    assert answer.status_code == 500
    told = answer.content.decode()
    assert not [word for word in INTERNAL if word in told + str(answer.headers)]
    if route != "admin":
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "internal_error"
        assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert "RuntimeError" in logged.getvalue()
    assert CANARY not in logged.getvalue()


def test_there_is_a_case_for_each_operation() -> None:
    assert len(operations()) > len(routes()) > 30
