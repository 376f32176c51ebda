"""Receivers that answer slowly, endlessly, wrongly or not at all."""

import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts.webhooks import targets, transport
from tests.accounts.webhooks.receiver import Answer, Receiver, byte_by_byte, much, never, status
from tests.ports import free_port

DEADLINE = 0.7
"""Seconds; the time-outs are the same code with another number."""


def post(url: str, body: bytes = b"{}") -> transport.Outcome:
    return transport.post(url, body=body, headers={"webhook-id": "msg_1"})


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "DEADLINE", DEADLINE)


@pytest.mark.usefixtures("_soon")
def test_a_receiver_that_never_answers_is_left(receiver: Receiver) -> None:
    receiver.answer = never(receiver)
    assert post(receiver.url) == transport.Outcome(error="timeout")
    assert receiver.connections == 1


@pytest.mark.usefixtures("_soon")
def test_a_byte_now_and_then_does_not_prolong_the_time(receiver: Receiver) -> None:
    """Each byte comes long before any time-out per read would end."""
    receiver.answer = byte_by_byte(DEADLINE / 20, count=200)
    begun = time.monotonic()
    assert post(receiver.url) == transport.Outcome(error="timeout")
    assert time.monotonic() - begun >= DEADLINE


@pytest.mark.parametrize("head", [b"X: y\r\n" * 10**6, b"".join(b"X: %0.60000d\r\n" % n for n in range(90)) + b"\r\n"])
def test_a_head_without_end_is_not_read_to_it(receiver: Receiver, head: bytes) -> None:
    receiver.answer = lambda connection: [connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)][0]
    assert post(receiver.url) == transport.Outcome(error="bad_response")


def test_a_body_of_a_gigabyte_is_not_read(receiver: Receiver) -> None:
    taken: list[int] = []
    receiver.answer = much(10**9, taken)
    assert post(receiver.url).is_delivered
    ended = threading.Event()
    while not taken:
        ended.wait(0.01)
    assert taken[0] < 20_000_000, "what the buffers of the system hold"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), "bad_response"),
        (lambda connection: connection.sendall(b"HTTP/1.1 abc\r\n\r\n"), "bad_response"),
        (lambda connection: None, "bad_response"),
        (lambda connection: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000), "bad_response"),
    ],
)
def test_what_is_not_http_is_a_failure(receiver: Receiver, answer: Answer, error: str) -> None:
    receiver.answer = answer
    assert post(receiver.url) == transport.Outcome(error=error)


def test_nobody_listens() -> None:
    assert post(f"http://127.0.0.1:{free_port()}/") == transport.Outcome(error="connection_failed")


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert post(receiver.url).status_code == 204
        assert (receiver.connections, proxy.connections) == (1, 0)


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with Receiver() as elsewhere:
        receiver.answer = status(307, f"Location: {elsewhere.url}")
        assert post(receiver.url).status_code == 307
        assert elsewhere.connections == 0


# TLS


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ssl.SSLContext]:
    """A server's context with a certificate for a name, of an authority that we trust."""

    def made(name: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = tmp_path / "certificate.pem"
        pem = serialization.Encoding.PEM
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file.write_bytes(certificate.public_bytes(pem) + private)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        monkeypatch.setattr(transport, "_tls", lambda: ssl.create_default_context(cafile=file))
        return context

    return made


@pytest.mark.parametrize(("certified", "delivered"), [("hooks.example.com", True), ("other.example.com", False)])
def test_the_certificate_has_to_be_the_names(
    receiver: Receiver,
    tls: Callable[[str], ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    certified: str,
    delivered: bool,
) -> None:
    """The connection goes to a pinned address; name, certificate and Host are still the URL's."""
    context, names = tls(certified), []
    context.sni_callback = lambda connection, name, _: names.append(name)
    accept = receiver._serve

    def serve(connection: Any) -> None:
        try:
            accept(context.wrap_socket(connection, server_side=True))
        except OSError:
            connection.close()

    monkeypatch.setattr(receiver, "_serve", serve)
    monkeypatch.setattr(targets, "look_up", lambda host, port: [ip_address("127.0.0.1")])
    outcome = post(f"https://hooks.example.com:{receiver.port}/hook")
    assert names == ["hooks.example.com"]
    if delivered:
        assert outcome.status_code == 204
        assert receiver.received[0].headers["host"] == f"hooks.example.com:{receiver.port}"
    else:
        assert outcome == transport.Outcome(error="tls_failed")
        assert receiver.received == []
