"""A page on an origin of its own, which its key allows, uses `/v1` through the shipped nginx."""

import http.client
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api_user import ApiUser
from tests.nginx import Nginx, require, running
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.needs_nginx, pytest.mark.timeout(600)]

HERE, ELSEWHERE = "https://app.example.com", "https://evil.example.com"
MODEL, QUESTION = "gemini-flash-latest", "What is a monsoon?"
BODIES: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": MODEL, "messages": [{"role": "user", "content": QUESTION}]},
    "/v1/responses": {"model": MODEL, "input": QUESTION},
    "/v1/ui/chat": {
        "id": "my-chat",
        "messages": [{"id": "u1", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}],
    },
}
WAYS = [
    *((path, {"stream": True}) for path in ("/v1/chat/completions", "/v1/responses")),
    *((path, {}) for path in BODIES),
]
NEEDED = {"retry-after", "x-request-id", "idempotency-replayed", "x-ratelimit-remaining-requests"}
"""Headers that a page has to read."""


@pytest.fixture
def proxy(stack: Stack) -> Iterator[Nginx]:
    require()
    with tempfile.TemporaryDirectory() as folder:
        nginx = Nginx(folder=Path(folder), upstream_port=stack.port, stream_port=stack.stream_port)
        with running(nginx):
            yield nginx


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


@pytest.fixture
def key(alice: ApiUser) -> str:
    body = {"name": "Page", "scopes": ["messages:write", "rooms:read"], "allowed_origins": [HERE]}
    made = alice.call("POST", "/api-keys", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


def preflight(proxy: Nginx, path: str, origin: str, method: str = "POST") -> http.client.HTTPResponse:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
    return proxy.request(path, method="OPTIONS", headers={"Origin": origin, **asked})[0]


def post(
    proxy: Nginx, path: str, origin: str, key: str, more: dict[str, Any]
) -> tuple[http.client.HTTPResponse, bytes]:
    headers = {"Origin": origin, "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    return proxy.request(path, method="POST", body=json.dumps({**BODIES[path], **more}).encode(), headers=headers)


def is_readable(response: http.client.HTTPResponse, origin: str) -> bool:
    """Whether a browser lets the page of this origin read the response: there has to be one header, and no other."""
    allowed = response.headers.get_all("Access-Control-Allow-Origin") or []
    assert len(allowed) <= 1, allowed
    assert "Access-Control-Allow-Credentials" not in response.headers
    return allowed in ([origin], ["*"])


def exposed(response: http.client.HTTPResponse) -> set[str]:
    return {name.strip().lower() for name in response.headers["Access-Control-Expose-Headers"].split(",")}


@pytest.mark.parametrize(("path", "more"), WAYS)
def test_an_allowed_page_asks_and_reads(stack: Stack, proxy: Nginx, key: str, path: str, more: dict[str, Any]) -> None:
    stack.double.default(text="one two three", chunks=3, delay=0.1)
    first = preflight(proxy, path, HERE)
    assert (first.status, is_readable(first, HERE)) == (200, True)
    allowed = first.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed
    assert "content-type" in allowed
    assert "POST" in first.headers["Access-Control-Allow-Methods"]
    response, body = post(proxy, path, HERE, key, more)
    assert (response.status, response.headers.get("Location")) == (200, None)
    assert is_readable(response, HERE)
    assert exposed(response) >= NEEDED
    is_streamed = response.headers["Content-Type"].startswith("text/event-stream")
    assert is_streamed == (bool(more) or path == "/v1/ui/chat")
    assert body.count(b"data: ") >= 4 if is_streamed else b"one two three" in body


def test_an_allowed_page_sees_the_text_as_it_comes(stack: Stack, proxy: Nginx, key: str) -> None:
    stack.double.default(text="one two three four", chunks=40, delay=1)
    connection = http.client.HTTPConnection("localhost")
    connection.sock = proxy.connect()
    headers = {"Origin": HERE, "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    path = "/v1/chat/completions"
    connection.request("POST", path, json.dumps({**BODIES[path], "stream": True}), headers)
    response = connection.getresponse()
    assert is_readable(response, HERE)
    assert any(b'"content":"o' in line for line in response)
    newest = "SELECT status FROM chatrooms_message WHERE role = 'assistant' ORDER BY id DESC LIMIT 1"
    assert stack.sql(newest) == [("generating",)], "the reply is still being written"
    connection.close()


def test_an_allowed_page_resumes(stack: Stack, proxy: Nginx, key: str) -> None:
    stack.double.default(text="one two three", chunks=3, delay=0.1)
    _, body = post(proxy, "/v1/responses", HERE, key, {})
    path = f"/v1/responses/{json.loads(body)['id']}?stream=true&starting_after=1"
    assert is_readable(preflight(proxy, path, HERE, "GET"), HERE)
    headers = {"Origin": HERE, "Authorization": f"Bearer {key}"}
    response, events = proxy.request(path, headers=headers)
    assert (response.status, is_readable(response, HERE)) == (200, True)
    assert events.count(b"event: ") >= 5
    response, _ = proxy.request(path.partition("?")[0], headers=headers)
    assert (response.status, is_readable(response, HERE)) == (200, True)


def test_a_page_reads_why_it_was_refused(proxy: Nginx, key: str) -> None:
    response, body = post(proxy, "/v1/responses", HERE, key, {"top_p": 0.5})
    assert (response.status, is_readable(response, HERE)) == (400, True)
    assert json.loads(body)["error"]["param"] == "top_p"
    assert "retry-after" in exposed(response)


@pytest.mark.parametrize("path", BODIES)
def test_a_foreign_page_gets_nothing(stack: Stack, proxy: Nginx, alice: ApiUser, key: str, path: str) -> None:
    response, _ = post(proxy, path, ELSEWHERE, key, {})
    assert (response.status, is_readable(response, ELSEWHERE)) == (403, False)
    assert stack.sql("SELECT id FROM chatrooms_message WHERE user_id = %s", alice.id) == []
    assert stack.double.calls() == []
    assert alice.call("GET", "/usage").json()["used"] == 0


def test_outside_v1_a_page_gets_nothing(proxy: Nginx, key: str) -> None:
    assert not is_readable(preflight(proxy, "/chatroom", HERE, "GET"), HERE)
    headers = {"Origin": HERE, "Authorization": f"Bearer {key}"}
    assert not is_readable(proxy.request("/chatroom", headers=headers)[0], HERE)
