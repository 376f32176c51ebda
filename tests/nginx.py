"""The real nginx with the shipped configuration, and what that needs: a name server and an upstream."""

import datetime as dt
import http.client
import http.server
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import processes
from tests.ports import free_port

CONFIGURATION = (processes.ROOT / "deploy/nginx.conf").read_text()


def require() -> None:
    """Skip the test where there is no nginx, or fail it when CI=true."""
    if shutil.which("nginx") is None:
        message = "the nginx program is not installed (apt-get install nginx-light)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


class Nginx:
    """The real nginx with the shipped configuration, but for its paths and ports."""

    def __init__(
        self, *, folder: Path, upstream_port: int, stream_port: int | None = None, dns_port: int | None = None
    ) -> None:
        self.folder = folder
        self.access_log = folder / "access.log"
        self.error_log = folder / "error.log"
        self.http_port, self.https_port = free_port(), free_port()
        text = CONFIGURATION
        for shipped, here in {
            "pid /run/nginx.pid;": f"pid {folder}/nginx.pid;",
            "error_log stderr ": f"error_log {self.error_log} ",
            "access_log /dev/stdout json;": f"access_log {self.access_log} json;" + _temporary_paths(folder),
            "set $web web:8000;": f"set $web {'web' if dns_port else '127.0.0.1'}:{upstream_port};",
            "set $stream stream:8001;": f"set $stream 127.0.0.1:{stream_port or upstream_port};",
            "resolver 127.0.0.11 ": f"resolver 127.0.0.1:{dns_port or 53} ",
            "listen 80 default_server;": f"listen 127.0.0.1:{self.http_port} default_server;",
            "listen 443 ssl default_server;": f"listen 127.0.0.1:{self.https_port} ssl default_server;",
            "ssl_certificate /etc/nginx/tls/": f"ssl_certificate {folder}/",
            "ssl_certificate_key /etc/nginx/tls/": f"ssl_certificate_key {folder}/",
        }.items():
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, here)
        self.config = folder / "nginx.conf"
        self.config.write_text(text)
        shutil.copy("/etc/nginx/mime.types", folder)
        _make_certificate(folder)
        # Under root its workers run as another user, who needs access.
        folder.chmod(0o755)

    def command(self, *more: str) -> list[str]:
        return ["nginx", "-e", str(self.error_log), "-c", str(self.config), "-p", str(self.folder), *more]

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.https_port), timeout=120), server_hostname="localhost"
        )

    def request(
        self, path: str, *, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("localhost")
        connection.sock = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


@contextmanager
def running(proxy: Nginx) -> Iterator[None]:
    with subprocess.Popen(proxy.command("-g", "daemon off;")) as process:
        try:
            give_up_at = time.monotonic() + 120
            while not _listens(proxy.https_port):
                assert process.poll() is None, proxy.error_log.read_text()
                assert time.monotonic() < give_up_at
                time.sleep(0.02)
            yield
        finally:
            process.terminate()


@contextmanager
def names(addresses: dict[str, list[str]]) -> Iterator[int]:
    """A name server that returns the addresses that `addresses` has at the time of a query; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                with suppress(OSError):
                    question, client = udp.recvfrom(512)
                    if not question:
                        return
                    length = question[12]
                    found = addresses.get(question[13 : 13 + length].decode(), ["127.0.0.1"])
                    head = question[:2] + b"\x81\x80\x00\x01" + len(found).to_bytes(2, "big") + b"\x00\x00\x00\x00"
                    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04"
                    records = b"".join(record + socket.inet_aton(address) for address in found)
                    udp.sendto(head + question[12:].split(b"\x00\x00\x29")[0] + records, client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield udp.getsockname()[1]
        finally:
            udp.sendto(b"", udp.getsockname())
            thread.join()


@contextmanager
def upstream(
    status: int = 200, address: tuple[str, int] = ("127.0.0.1", 0)
) -> Iterator[tuple[http.server.HTTPServer, list[dict[str, Any]]]]:
    """A server of one thread that responds with the request that it got."""
    asked: list[dict[str, Any]] = []

    class Echo(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            asked.append({"path": self.path, "headers": [[k.lower(), v] for k, v in self.headers.items()]})
            asked[-1]["body"] = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            body = json.dumps(asked[-1]).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Request-ID", "an-id-of-the-application")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = respond  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.HTTPServer(address, Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server, asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _temporary_paths(folder: Path) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f" {kind}_temp_path {folder}/{kind};" for kind in kinds)


def _make_certificate(folder: Path) -> None:
    """A certificate for localhost that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "privkey.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
