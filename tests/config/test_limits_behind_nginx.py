"""A limit behind the real nginx counts the real client; its headers do not matter."""

import json
import socketserver
import threading
import wsgiref.simple_server
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import wsgi
from tests.nginx import Nginx, require, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.needs_nginx]


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web(data_dir: Path, settings: Any) -> Iterator[Nginx]:
    """The application with nginx in front of it, as compose.yaml sets it up."""
    require()
    settings.PROXY_HOPS = 1
    settings.AUTH_REQUESTS_PER_MINUTE = 5
    data_dir.mkdir()
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, wsgi.application, Server, Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        proxy = Nginx(folder=data_dir, upstream_port=server.server_address[1])
        with running(proxy):
            yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def forged(turn: int) -> dict[str, str]:
    """Headers with another address in each request, in every form that a proxy may use."""
    address = f"203.0.113.{turn}" if turn % 2 else f"2001:db8:{turn:x}::1"
    return {
        "X-Forwarded-For": address if turn % 3 else f"{address}, 127.0.0.1",
        "X-Real-IP": address,
        "Forwarded": f"for={address}",
        "True-Client-IP": address,
        "CF-Connecting-IP": address,
        "Content-Type": "application/json",
    }


def test_of_a_hundred_requests_with_forged_addresses_five_pass(web: Nginx) -> None:
    body = json.dumps({"refresh_token": "x"}).encode()
    statuses = Counter()
    for turn in range(100):
        response, _ = web.request("/auth/refresh", method="POST", body=body, headers=forged(turn))
        statuses[response.status == 429] += 1
    assert statuses == {False: 5, True: 95}
    assert 1 <= int(response.headers["Retry-After"]) <= 60
