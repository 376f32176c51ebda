"""nginx's own errors have the format of all errors of the API, and the security headers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.nginx import Nginx, require, running, upstream
from tests.ports import free_port

pytestmark = pytest.mark.needs_nginx


@pytest.fixture
def nginx(data_dir: Path) -> Iterator[Nginx]:
    require()
    data_dir.mkdir()
    with upstream() as (server, reached):
        proxy = Nginx(folder=data_dir, upstream_port=server.server_address[1])
        with running(proxy):
            yield proxy
    assert reached == []


def assert_ours(response: Any, body: bytes, status: int, code: str) -> None:
    assert (response.status, response.headers["Content-Type"]) == (status, "application/problem+json")
    problem = json.loads(body)
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/docs/errors#{code}")
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["Server"] == "nginx"


def test_refusals_of_nginx_have_the_format_of_all_errors(nginx: Nginx) -> None:
    assert_ours(*nginx.request(f"/tiers?{'x' * 9_000}"), 400, "bad_request")
    assert_ours(*nginx.request("/tiers", headers={"X-Long": "x" * 9_000}), 400, "bad_request")
    assert_ours(*nginx.request("/tiers", headers={"Content-Length": "no"}), 400, "bad_request")
    assert_ours(*nginx.request("/tiers", method="TRACE"), 405, "method_not_allowed")
    assert_ours(*nginx.request("/message/7/stream", method="TRACE"), 405, "method_not_allowed")
    assert_ours(
        *nginx.request("/webhook/stripe", method="POST", body=b"x" * (512 * 1024 + 1)), 413, "payload_too_large"
    )


def test_its_own_pages_cannot_be_requested(nginx: Nginx) -> None:
    response, body = nginx.request("/.refused/bad_request")
    assert response.status == 404
    assert b"bad_request" not in body


def test_an_unavailable_application_gives_the_same_format(data_dir: Path) -> None:
    require()
    data_dir.mkdir()
    proxy = Nginx(folder=data_dir, upstream_port=free_port())
    with running(proxy):
        assert_ours(*proxy.request("/tiers"), 503, "service_unavailable")
        response, _ = proxy.request("/message/7/stream", headers={"Accept": "text/event-stream"})
        assert (response.status, response.headers["X-Content-Type-Options"]) == (200, "nosniff")
