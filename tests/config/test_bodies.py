"""A body is read to its end with or without a length, and refused if it is compressed or too long."""

import gzip
import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts import sessions, tokens
from accounts.models import Session, User
from tests.config.chunked import send_chunked

pytestmark = pytest.mark.django_db(transaction=True)  # the application closes its connections itself


@pytest.fixture
def token() -> str:
    user = User.objects.create_user("+919812300001")
    return tokens.pair_of(sessions.start(user=user, method=Session.Method.CODE, user_agent="")).access


def ask(method: str, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
    """The status, and the response's JSON."""
    status, content = send_chunked(method, path, body, **headers)
    return status, json.loads(content or b"null")


def test_a_body_without_a_length_is_read(token: str) -> None:
    bearer = f"Bearer {token}"
    body = json.dumps({"name": "Named", "system_instruction": "Be brief."}).encode()
    status, room = ask("POST", "/chatroom", body, authorization=bearer)
    assert (status, room["name"], room["system_instruction"]) == (201, "Named", "Be brief.")
    status, room = ask("PATCH", f"/chatroom/{room['id']}", b'{"name": "Renamed"}', authorization=bearer)
    assert (status, room["name"]) == (200, "Renamed")


def test_an_empty_body_is_still_empty(token: str) -> None:
    status, room = ask("POST", "/chatroom", b"", authorization=f"Bearer {token}")
    assert (status, room["name"]) == (201, "New chat")


@pytest.mark.parametrize("length", [64 * 1024 + 1, settings.DATA_UPLOAD_MAX_MEMORY_SIZE * 3])
def test_a_body_that_is_too_long_is_refused_and_not_kept(token: str, length: int) -> None:
    body = b'{"name": "' + b"x" * length + b'"}'
    status, problem = ask("POST", "/chatroom", body, authorization=f"Bearer {token}")
    assert (status, problem["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize("path", ["/auth/send-otp", "/webhook/stripe"])
def test_a_compressed_body_is_refused_before_it_is_unpacked(path: str) -> None:
    body = gzip.compress(b'{"mobile_number": "+919812300001"}')
    response = Client().post(path, body, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert (response.status_code, response.json()["code"]) == (415, "unsupported_encoding")
    assert response["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_s_case_does_not_matter(token: str, scheme: str) -> None:
    assert Client().get("/user/me", headers={"Authorization": f"{scheme} {token}"}).status_code == 200
