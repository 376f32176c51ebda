"""Errors have one format and reveal nothing internal."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from psycopg.errors import DeadlockDetected
from psycopg_pool import PoolTimeout
from rest_framework.test import APIClient

from config.http.problems import problem_of, problems

ROOT = Path(__file__).resolve().parent.parent.parent
MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) - {"errors"} >= MEMBERS
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == response["X-Request-ID"]
    assert body["type"] == f"/docs/errors#{code}"
    return dict(body)


@pytest.mark.parametrize("debug", [True, False])
def test_an_unknown_path_is_a_problem(settings: Any, debug: bool) -> None:
    settings.DEBUG = debug
    assert_problem(Client().get("/nowhere"), 404, "not_found")


def test_a_wrong_method_is_a_problem() -> None:
    assert_problem(APIClient().put("/auth/send-otp", {}), 405, "method_not_allowed")


def test_a_request_without_a_token_is_401_with_a_scheme() -> None:
    response = APIClient().get("/chatroom")
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_request"),
        (b"", "application/json", 400, "invalid_input"),
        (b"[]", "application/json", 400, "bad_request"),
        (b'{"mobile_number": "+919876543210", "mobile_number": "1"}', "application/json", 400, "bad_request"),
        (b'{"other": {"a": 1, "b": 2, "a": 1}}', "application/json", 400, "bad_request"),
        (b"1", "application/json", 400, "bad_request"),
        (b"null", "application/json", 400, "bad_request"),
        (b'{"mobile_number": NaN}', "application/json", 400, "bad_request"),
        (b'{"mobile_number": "\xff"}', "application/json", 400, "bad_request"),
        (b'{"mobile_number": "\\ud800"}', "application/json", 400, "invalid_input"),
        (b'{"mobile_number": "a\\u0000"}', "application/json", 400, "invalid_input"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "application/json", 413, "payload_too_large"),
        (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "application/json", 400, "bad_request"),
        (b'{"mobile_number": ' + b"9" * 5_000 + b"}", "application/json", 400, "bad_request"),
        (b'{"a": "' + b"x" * 70_000 + b'"}', "application/json", 413, "payload_too_large"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
    ],
)
def test_a_bad_body_is_a_problem(body: bytes, content_type: str, status: int, code: str) -> None:
    assert_problem(Client().post("/auth/send-otp", body, content_type=content_type), status, code)


# The canaries are no hexadecimal numbers, because the request's id is in every response and line.
@pytest.mark.parametrize(
    "error", [OperationalError("host db.secret-host port 5432"), PoolTimeout("secret-host: couldn't get a connection")]
)
def test_a_missing_database_is_503_with_a_retry_after(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("accounts.views.SendOtpView.post", fail)
    response = APIClient().post("/auth/send-otp", {})
    body = assert_problem(response, 503, "service_unavailable")
    assert int(response["Retry-After"]) > 0
    assert "secret-host" not in json.dumps(body)


def test_the_log_has_the_error_of_the_database_driver(logged: io.StringIO) -> None:
    """A test of races searches for this name, and so do operators."""
    error = OperationalError("deadlock detected")
    error.__cause__ = DeadlockDetected("deadlock detected")
    assert problem_of(error).code == "service_unavailable"
    assert '"cause": "DeadlockDetected"' in logged.getvalue() or "cause=DeadlockDetected" in logged.getvalue()


def test_internal_errors_reveal_nothing_and_log_no_message(
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret qz-8c1f-vx of +919876543210")

    monkeypatch.setattr("accounts.views.SendOtpView.post", fail)
    body = assert_problem(APIClient().post("/auth/send-otp", {}), 500, "internal_error")
    assert "qz-8c1f-vx" not in json.dumps(body) + logged.getvalue()
    assert "RuntimeError" in logged.getvalue()
    assert body["request_id"] in logged.getvalue()


def test_every_code_is_on_the_errors_page() -> None:
    page = (ROOT / "docs" / "errors.md").read_text()
    missing = [
        f"{kind.code} {int(kind.status)}"
        for kind in problems()
        if f"| `{kind.code}` | {int(kind.status)} |" not in page
    ]
    assert missing == []


def test_every_code_of_a_failed_reply_is_on_the_errors_page() -> None:
    from gemini import exceptions

    page = (ROOT / "docs" / "errors.md").read_text()
    kinds = [
        kind
        for kind in vars(exceptions).values()
        if isinstance(kind, type) and issubclass(kind, exceptions.ProviderError)
    ]
    codes = {kind.code for kind in kinds if kind is not exceptions.ProviderError} | {"worker_lost", "internal_error"}
    assert len(codes) > 10
    assert [code for code in codes if f"| `{code}` |" not in page] == []


def test_one_code_has_one_class() -> None:
    codes = [kind.code for kind in problems()]
    assert len(codes) == len(set(codes))


def test_the_type_of_a_problem_leads_to_its_explanation(client: Client) -> None:
    page = client.get("/docs/errors")
    assert page.status_code == 200
    assert 'id="not_found"' in page.content.decode()


@pytest.mark.django_db
def test_responses_are_never_cached(client: Client) -> None:
    assert "no-store" in client.get("/chatroom")["Cache-Control"]


@pytest.mark.parametrize("offered", ["client-chosen-id", "0123456789abcdef"])
def test_a_clients_request_id_is_used(client: Client, offered: str) -> None:
    assert client.get("/nowhere", headers={"X-Request-ID": offered})["X-Request-ID"] == offered


@pytest.mark.parametrize("offered", ["", "short", "x" * 65, "two words", "line\nbreak", "<script>", "日本語日本語日本"])
def test_a_bad_request_id_is_replaced(client: Client, offered: str) -> None:
    given = client.get("/nowhere", headers={"X-Request-ID": offered})["X-Request-ID"]
    assert given != offered
    assert len(given) == 32


def test_the_log_line_of_a_request_leaves_the_query_string_out(client: Client, logged: io.StringIO) -> None:
    client.get("/chatroom?ticket=a-secret-ticket&limit=5")
    assert "route=chatroom" in logged.getvalue()
    assert "a-secret-ticket" not in logged.getvalue()


def test_a_line_break_cannot_forge_a_log_line(client: Client, logged: io.StringIO) -> None:
    client.get("/chatroom/%0a%0dforged=1", headers={"X-Request-ID": "ok-ok-ok-ok", "User-Agent": "a\nforged=2"})
    assert not [line for line in logged.getvalue().splitlines() if line.startswith("forged")]
