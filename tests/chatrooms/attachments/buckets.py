"""A bucket that speaks S3's protocol: that of moto's server, in its own process."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import requests
from django.core.files.storage import storages

from config import file_settings
from config.file_settings import FileEnvironment
from tests.ports import free_port
from tests.waiting import wait_until

KEYS = {"FILES_S3_ACCESS_KEY": "key", "FILES_S3_SECRET_KEY": "secret", "FILES_S3_REGION": "us-east-1"}


@contextmanager
def running() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), "moto")
        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
        )
        client.create_bucket(Bucket="files")
        yield url
    finally:
        server.terminate()
        server.wait()


class _Cut(BaseHTTPRequestHandler):
    """Each object has a thousand bytes, of which ten come."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"0123456789")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def cut() -> Iterator[str]:
    """A bucket whose connection breaks off in the middle of each object."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cut)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/moto-api/data.json", timeout=1).ok
    except requests.RequestException:
        return False


def use(settings: Any, endpoint: str) -> None:
    environment = FileEnvironment(FILES_S3_BUCKET="files", FILES_S3_ENDPOINT=endpoint, **KEYS)
    settings.STORAGES = file_settings.storages(environment, Path("/nowhere"), hashed=False)
    assert type(storages["files"]).__name__ == "BucketStorage"


def keys(bucket: Any) -> list[str]:
    return [each.key for each in bucket.objects.all()]
