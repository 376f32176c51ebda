"""Every response has the security headers, errors too; requests that no honest client sends are refused."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

pytestmark = pytest.mark.django_db

MISSING = "/chatroom/9/message"


@pytest.fixture(autouse=True)
def _as_in_production(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.AUTH_REQUESTS_PER_MINUTE = 1


def crash(monkeypatch: pytest.MonkeyPatch) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("accounts.views.SignupView.post", fail)
    return ask("POST", "/auth/signup")


def limit(_: pytest.MonkeyPatch) -> Any:
    ask("POST", "/auth/signup")
    return ask("POST", "/auth/signup")


def ask(method: str, path: str, body: Any = "", **headers: str) -> Any:
    return Client().generic(method, path, body, content_type="application/json", secure=True, headers=headers)


RESPONSES: dict[str, tuple[int, Callable[[pytest.MonkeyPatch], Any]]] = {
    "a list": (200, lambda _: ask("GET", "/tiers")),
    "the index": (200, lambda _: ask("GET", "/")),
    "a page": (200, lambda _: ask("GET", "/billing/cancel")),
    "a redirect": (307, lambda _: ask("GET", "/tiers/")),
    "a bad body": (400, lambda _: ask("POST", "/auth/login", "{")),
    "a forged event": (400, lambda _: ask("POST", "/webhook/stripe", "{}")),
    "a long address": (400, lambda _: ask("GET", f"/tiers?{'x' * 5_000}")),
    "no token": (401, lambda _: ask("POST", MISSING)),
    "an unknown path": (404, lambda _: ask("GET", "/nowhere")),
    "a wrong method": (405, lambda _: ask("PUT", "/tiers")),
    "TRACE": (405, lambda _: ask("TRACE", "/tiers")),
    "too large": (413, lambda _: ask("POST", "/auth/login", '"' + "x" * 70_000 + '"')),
    "a limit": (429, limit),
    "an internal error": (500, crash),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_every_response_has_the_security_headers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    status, get = RESPONSES[name]
    response = get(monkeypatch)
    assert response.status_code == status
    assert response["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "no-referrer"
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "Server" not in response


def test_trace_is_refused_everywhere() -> None:
    """It would echo a request, with the headers that a proxy or a browser added."""
    routes = [str(entry.pattern) for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)]
    responses = {route: ask("TRACE", f"/{route}", Authorization="Bearer canary") for route in [*routes, "admin/", "no"]}
    assert len(responses) > 30
    assert {route: response.status_code for route, response in responses.items() if response.status_code != 405} == {}
    assert not any(b"canary" in response.content for response in responses.values())
    allowed = {route: set(response["Allow"].split(", ")) for route, response in responses.items()}
    assert allowed["chatroom"] == {"GET", "HEAD", "POST", "OPTIONS"}
    assert allowed["docs"] == {"GET", "HEAD", "OPTIONS"}
    assert allowed["admin/"] == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("path", ["/tiers", "/nowhere", "/admin/login/"])
def test_an_address_or_a_header_that_is_too_long_is_refused(path: str) -> None:
    def code(address: str, **headers: str) -> tuple[int, str]:
        response = ask("GET", address, **headers)
        return response.status_code, response.json()["code"] if response.status_code == 400 else ""

    room = 4 * 1024 - len(path) - 1
    assert code(f"{path}?{'x' * room}")[0] != 400
    assert code(f"{path}?{'x' * (room + 1)}") == (400, "bad_request")
    assert code(f"/{'x' * 4_096}") == (400, "bad_request")
    assert code(path, Authorization="x" * 8 * 1024)[0] != 400
    assert code(path, Authorization="x" * (8 * 1024 + 1)) == (400, "bad_request")
    assert code(path, Cookie="a=" + "x" * 8 * 1024) == (400, "bad_request")
