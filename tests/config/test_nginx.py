"""deploy/nginx.conf, with a real nginx and an application of the test."""

import http.client
import json
import resource
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.nginx import Nginx, names, require, running, upstream
from tests.ports import free_port


@pytest.fixture
def nginx_installed() -> None:
    require()


@pytest.fixture
def nginx(nginx_installed: None, data_dir: Path) -> Iterator[tuple[Nginx, list[dict[str, Any]]]]:
    """Nginx in front of a server that echoes what reaches it, and what has reached it so far."""
    data_dir.mkdir()
    with upstream() as (server, asked):
        proxy = Nginx(folder=data_dir, upstream_port=server.server_address[1])
        with running(proxy):
            yield proxy, asked


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process have 2,000 more connections, of which a shell grants 1,024 in all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


Proxied = tuple[Nginx, list[dict[str, Any]]]


@pytest.mark.needs_nginx
def test_nginx_accepts_the_configuration(nginx: Proxied) -> None:
    result = subprocess.run(nginx[0].command("-t"), capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert "warn" not in result.stderr


@pytest.mark.needs_nginx
def test_a_clients_own_address_headers_are_overwritten(nginx: Proxied) -> None:
    forged = {
        "X-Forwarded-For": "6.6.6.6, 7.7.7.7",
        "X-Real-IP": "6.6.6.6",
        "Forwarded": "for=6.6.6.6",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
    }

    _, body = nginx[0].request("/", headers=forged)

    received = json.loads(body)["headers"]
    about_the_way = [pair for pair in received if pair[0].startswith(("x-forwarded", "x-real", "forwarded"))]
    assert sorted(about_the_way) == [
        ["x-forwarded-for", "127.0.0.1"],
        ["x-forwarded-proto", "https"],
        ["x-real-ip", "127.0.0.1"],
    ]


@pytest.mark.needs_nginx
def test_a_body_reaches_the_application_only_when_complete(nginx: Proxied) -> None:
    proxy, asked = nginx
    with proxy.connect() as client:
        client.sendall(b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhalf")
        time.sleep(0.5)
        before = list(asked)
        client.sendall(b"rest")
        response = b"".join(iter(lambda: client.recv(4096), b""))

    assert before == []
    assert response.startswith(b"HTTP/1.1 200")
    assert [request["body"] for request in asked] == ["halfrest"]


@pytest.mark.needs_nginx
@pytest.mark.parametrize(
    ("path", "mebibytes", "status"),
    [("/files", 25, 200), ("/files", 27, 413), ("/files/1", 1, 413), ("/chatroom", 1, 413)],
)
def test_only_uploads_may_be_large(nginx: Proxied, path: str, mebibytes: int, status: int) -> None:
    proxy, asked = nginx
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {mebibytes << 20}\r\nConnection: close\r\n\r\n"
    with proxy.connect() as client:
        client.sendall(head.encode())
        if status == 200:
            client.sendall(b"x" * (mebibytes << 20))
        first = client.recv(4096)  # not to the end: after a refusal, nginx waits five seconds for the body
    assert first.startswith(f"HTTP/1.1 {status}".encode())
    assert [len(request["body"]) for request in asked] == ([mebibytes << 20] if status == 200 else [])


@pytest.mark.needs_nginx
@pytest.mark.parametrize("count", [100, pytest.param(800, marks=pytest.mark.faults)])
def test_half_sent_requests_block_no_other(nginx: Proxied, many_files: None, count: int) -> None:
    proxy, asked = nginx
    slow = [proxy.connect() for _ in range(count)]
    for index, client in enumerate(slow):
        body = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"
        client.sendall(body if index % 2 else body[:20])

    statuses = [proxy.request(f"/good/{number}")[0].status for number in range(20)]

    for client in slow:
        client.close()
    assert statuses == [200] * 20
    assert {request["path"] for request in asked} == {f"/good/{number}" for number in range(20)}


@pytest.mark.needs_nginx
def test_the_access_log_has_one_json_line_without_the_query(nginx: Proxied) -> None:
    proxy, _ = nginx
    proxy.request("/message/7/stream?ticket=very-secret", headers={"User-Agent": 'a "quoted" agent'})
    give_up_at = time.monotonic() + 60  # nginx writes the line after it has answered
    while not proxy.access_log.read_text() and time.monotonic() < give_up_at:
        time.sleep(0.05)

    [line] = [json.loads(line) for line in proxy.access_log.read_text().splitlines()]

    assert (line["method"], line["path"], line["status"]) == ("GET", "/message/7/stream", 200)
    assert line["request_id"] == "an-id-of-the-application"
    assert "very-secret" not in proxy.access_log.read_text()


@pytest.mark.needs_nginx
def test_a_dead_application_is_a_503_and_no_query_is_logged(nginx_installed: None, data_dir: Path) -> None:
    data_dir.mkdir()
    proxy = Nginx(folder=data_dir, upstream_port=free_port())
    with running(proxy):
        response, body = proxy.request("/message/7/stream?ticket=very-secret")

    assert (response.status, response.headers["Content-Type"]) == (503, "application/problem+json")
    assert json.loads(body)["code"] == "service_unavailable"
    assert response.headers["Retry-After"] == "5"
    assert "very-secret" not in proxy.error_log.read_text() + proxy.access_log.read_text()


@pytest.mark.needs_nginx
def test_a_browser_that_streams_is_asked_to_reconnect(nginx_installed: None, data_dir: Path) -> None:
    data_dir.mkdir()
    proxy = Nginx(folder=data_dir, upstream_port=free_port())
    with running(proxy):
        response, body = proxy.request("/message/7/stream", headers={"Accept": "text/event-stream"})

    assert (response.status, response.headers["Content-Type"]) == (200, "text/event-stream")
    assert body == b'retry: 5000\nevent: error\ndata: {"code": "stream_unavailable", "final": false}\n\n'


@pytest.mark.needs_nginx
def test_a_recreated_container_is_found_at_its_new_address(nginx_installed: None, data_dir: Path) -> None:
    data_dir.mkdir()
    addresses = {"web": ["127.0.0.1"]}
    with names(addresses) as dns_port, upstream() as (server, _):
        port = server.server_address[1]
        proxy = Nginx(folder=data_dir, upstream_port=port, dns_port=dns_port)
        with running(proxy):
            assert proxy.request("/tiers")[0].status == 200
            server.server_close()
            addresses["web"] = ["127.0.0.2"]
            with upstream(address=("127.0.0.2", port)):
                for _ in range(200):  # a name is kept for two seconds
                    if (status := proxy.request("/tiers")[0].status) == 200:
                        break
                    time.sleep(0.1)
    assert status == 200


@pytest.mark.needs_nginx
def test_a_body_that_is_too_large_never_reaches_the_application(nginx: Proxied) -> None:
    proxy, asked = nginx

    response, body = proxy.request("/webhook/stripe", method="POST", body=b"x" * (512 * 1024 + 1))

    assert (response.status, json.loads(body)["code"]) == (413, "payload_too_large")
    assert asked == []


@pytest.mark.needs_nginx
def test_http_redirects_to_https_and_no_version_is_revealed(nginx: Proxied) -> None:
    proxy, asked = nginx
    connection = http.client.HTTPConnection("127.0.0.1", proxy.http_port)
    connection.request("GET", "/chatroom?cursor=1", headers={"Host": "chat.example"})
    response = connection.getresponse()
    connection.close()

    assert (response.status, response.headers["Location"]) == (308, "https://chat.example/chatroom?cursor=1")
    assert asked == []
    assert {response.headers["Server"], proxy.request("/")[0].headers["Server"]} == {"nginx"}
