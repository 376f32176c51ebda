"""Behind the shipped nginx a client that follows no redirects is answered by the process `stream`, too."""

import http.client
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.nginx import Nginx, require, running
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.needs_nginx, pytest.mark.timeout(600)]

BODY = {"model": "gemini-flash-latest", "messages": [{"role": "user", "content": "What is a monsoon?"}]}


@pytest.fixture
def proxy(stack: Stack) -> Iterator[Nginx]:
    require()
    with tempfile.TemporaryDirectory() as folder:
        nginx = Nginx(folder=Path(folder), upstream_port=stack.port, stream_port=stack.stream_port)
        with running(nginx):
            yield nginx


def post(proxy: Nginx, token: str, **more: object) -> tuple[http.client.HTTPResponse, bytes]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({**BODY, **more}).encode()
    return proxy.request("/v1/chat/completions", method="POST", body=body, headers=headers)


@pytest.mark.parametrize("is_streamed", [False, True])
def test_the_answer_comes_without_a_redirect(stack: Stack, proxy: Nginx, is_streamed: bool) -> None:
    stack.double.default(text="one two three", chunks=3, delay=0.1)
    response, body = post(proxy, stack.sign_up().access_token, stream=is_streamed)
    assert (response.status, response.headers.get("Location")) == (200, None)
    assert response.headers.get("X-Accel-Redirect") is None
    if is_streamed:
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert body.count(b"data: ") >= 4, "the role, the text, which is whole if the reply was over, and two ends"
        *chunks, done = [line.removeprefix("data: ") for line in body.decode().split("\n\n")[:-1]]
        assert done == "[DONE]"
        assert (
            "".join(json.loads(chunk)["choices"][0]["delta"].get("content", "") for chunk in chunks) == "one two three"
        )
    else:
        assert response.headers.get_all("Content-Type") == ["application/json"]
        assert json.loads(body)["choices"][0]["message"]["content"] == "one two three"


def test_a_refusal_reaches_the_client(stack: Stack, proxy: Nginx) -> None:
    response, body = post(proxy, "x")
    assert (response.status, json.loads(body)["error"]["code"]) == (401, "invalid_api_key")


def test_no_client_makes_web_redirect_the_proxy(stack: Stack, proxy: Nginx) -> None:
    """Who says so itself behind another proxy only hurts itself; without it nothing is sent."""
    alice = stack.sign_up()
    direct = alice.call("POST", "/v1/chat/completions", json=BODY, allow_redirects=False)
    assert (direct.status_code, direct.headers.get("X-Accel-Redirect")) == (303, None)
    assert direct.headers["Location"].startswith(f"http://127.0.0.1:{stack.stream_port}/v1/live/")


def test_the_openai_package_works_through_it(stack: Stack, proxy: Nginx) -> None:
    import httpx2  # as the package itself does

    client = openai.OpenAI(
        base_url=f"https://localhost:{proxy.https_port}/v1",
        api_key=stack.sign_up().access_token,
        http_client=httpx2.Client(verify=str(proxy.folder / "fullchain.pem")),
    )
    assert client.chat.completions.create(**BODY).choices[0].message.content
