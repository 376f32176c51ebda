"""The machine's Redis, over TLS only, for the tests marked `needs_redis`: the embedded one has no TLS."""

import datetime as dt
import ipaddress
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis import Redis, RedisError

from config.dev.child_processes import die_with_parent
from config.dev.server_binaries import REDIS_ON_PATH
from tests.ports import free_port
from tests.waiting import wait_until

PASSWORD = "a-password-of-redis"


def program() -> str:
    """Where it is; without it the test is skipped, or fails when CI=true."""
    found = next(filter(None, map(shutil.which, REDIS_ON_PATH)), None)
    if found is None:
        message = "no Redis with TLS is installed (apt-get install redis-server)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return found


@contextmanager
def running() -> Iterator[str]:
    """Its URL, which names the authority that has signed its certificate; it keeps nothing, and evicts nothing."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="kuvaka-"))
    _make_certificates(folder)
    url = f"rediss://:{PASSWORD}@127.0.0.1:{port}/0?ssl_ca_certs={folder}/authority.pem"
    options = {
        "bind": "127.0.0.1",
        "port": "0",
        "tls-port": str(port),
        "tls-cert-file": "server.pem",
        "tls-key-file": "server.key",
        "tls-ca-cert-file": "authority.pem",
        "tls-auth-clients": "no",
        "requirepass": PASSWORD,
        "save": "",
        "appendonly": "no",
    }
    try:
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program(), *(part for name, value in options.items() for part in (f"--{name}", value))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        try:

            def is_up() -> bool:
                assert process.poll() is None, (folder / "log").read_text()
                try:
                    with Redis.from_url(url) as client:
                        return bool(client.ping())
                except RedisError:
                    return False

            wait_until(is_up, "Redis up")
            yield url
        finally:
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder)


def _make_certificates(folder: Path) -> None:
    """Write an authority of the test's own, and a certificate for 127.0.0.1 that it has signed."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, now = _name("An authority of a test"), dt.datetime.now(dt.UTC)

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    own = certificate(issuer, authority.public_key()).add_extension(x509.BasicConstraints(True, None), critical=True)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    servers = certificate(_name("redis"), key.public_key()).add_extension(names, critical=False)
    for name, made in {"authority": own, "server": servers}.items():
        signed = made.sign(authority, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
