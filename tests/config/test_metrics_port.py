"""The port on which stream, worker, tasks and beat serve their metrics."""

import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from config.http import metrics_endpoint
from tests.ports import free_ports_in_a_row

TOKEN = "a-token-of-the-tests"


@pytest.fixture
def served(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Serve the metrics of a process of this name, and return the address."""
    servers: list[Any] = []
    make = metrics_endpoint._server

    def keep(host: str, port: int) -> Any:
        servers.append(make(host, port))
        return servers[-1]

    monkeypatch.setattr(metrics_endpoint, "_server", keep)
    monkeypatch.setenv("HOST", "127.0.0.1")
    settings.METRICS_PORT = free_ports_in_a_row(len(metrics_endpoint.PORTS))

    def serve(name: str) -> str:
        settings.KUVAKA_PROCESS = name
        metrics_endpoint.serve()
        return f"http://127.0.0.1:{settings.METRICS_PORT + metrics_endpoint.PORTS.get(name, 0)}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def get(url: str, **headers: str) -> tuple[int, str]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(urllib.request.Request(url, headers=headers), timeout=60) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("name", ["worker", "tasks", "stream", "beat"])
def test_each_other_process_has_its_own_port(served: Callable[[str], str], name: str) -> None:
    status, text = get(served(name) + "/metrics")
    assert status == 200
    assert "kuvaka_reaps_total" in text
    assert len(set(metrics_endpoint.PORTS.values())) == 4


def test_the_port_needs_the_token_and_serves_nothing_else(settings: Any, served: Callable[[str], str]) -> None:
    settings.METRICS_TOKEN = TOKEN
    url = served("worker")
    assert get(url + "/metrics")[0] == 401
    assert get(url + "/metrics", Authorization=f"Bearer {TOKEN}")[0] == 200
    assert get(url + "/", Authorization=f"Bearer {TOKEN}")[0] == 404


def test_a_port_that_is_taken_is_logged_and_no_error(served: Callable[[str], str], logged: Any) -> None:
    served("worker")
    served("worker")
    assert "metrics_not_served" in logged.getvalue()


@pytest.mark.parametrize("name", ["web", ""])
def test_no_other_process_listens(served: Callable[[str], str], name: str) -> None:
    with pytest.raises(urllib.error.URLError):
        get(served(name))


def test_a_scraper_that_hangs_up_is_no_error(
    served: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    gone, ended = threading.Event(), threading.Event()

    def slow() -> bytes:
        assert gone.wait(60)
        return b"x" * 10_000_000

    def shutdown_request(self: Any, request: Any) -> None:
        ThreadingHTTPServer.shutdown_request(self, request)
        ended.set()

    monkeypatch.setattr(metrics_endpoint, "exposition", slow)
    monkeypatch.setattr(metrics_endpoint._Server, "shutdown_request", shutdown_request)
    port = int(served("worker").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as scraper:
        scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        scraper.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it resets the connection
    gone.set()
    assert ended.wait(60)
    assert logged.getvalue() == ""


def test_a_scrape_that_fails_here_is_an_error(
    served: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, logged: Any
) -> None:
    def broken() -> bytes:
        raise ValueError

    monkeypatch.setattr(metrics_endpoint, "exposition", broken)
    with pytest.raises(OSError, match="closed connection"):
        get(served("worker") + "/metrics")
    assert "scrape_failed" in logged.getvalue()
