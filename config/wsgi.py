"""The WSGI application of the process `web`."""

import os
import threading
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.file_settings import MAX_FILE_BYTES
from config.http.problems import ServiceUnavailable
from config.infrastructure import turns
from config.infrastructure.database import TimeoutConnection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TimeoutConnection.statement_timeout = 2.5  # seconds; a request's statements take milliseconds

BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

UPLOADS: Final = "/files"
DIALECTS: Final = "/v1/"
LARGE_BODIES_AT_ONCE: Final = 4
"""In one process. They are read before it is known who sends them, and would fill the memory: 8 MiB for each thread."""

MAX_UPLOAD: Final = MAX_FILE_BYTES + 64 * 1024
"""Bytes that are read of an upload without a length, with what is in the form beside the file."""

_django = get_wsgi_application()
_large_bodies = threading.BoundedSemaphore(LARGE_BODIES_AT_ONCE)


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Serve a request when it is its turn, including one whose body has no Content-Length (chunked, or over HTTP/2).

    The body is read before: a client that sends it slowly must not hold a turn. WSGI has no bodies without a length,
    and Django reads them as empty. One byte more than the largest limit is read, so that a longer body is refused; but
    nothing beyond a given length, where some servers wait for ever.

    An upload is too large for that: its view reads it, without a turn, once it knows whose it is
    (`chatrooms.attachments.uploads`).
    """
    if environ.get("PATH_INFO") == UPLOADS and environ["REQUEST_METHOD"] == "POST":
        environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or str(MAX_UPLOAD)
    elif environ["REQUEST_METHOD"] not in BODILESS:
        length = environ.get("CONTENT_LENGTH", "")
        is_small = length.isdecimal() and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if environ.get("PATH_INFO", "").startswith(DIALECTS) and not is_small:
            return _with_large_body(environ, start_response)
        _read_body(environ, most=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    with turns.turn():
        return _django(environ, start_response)


def _read_body(environ: dict[str, Any], *, most: int) -> None:
    length = environ.get("CONTENT_LENGTH", "")
    body = environ["wsgi.input"].read(min(int(length), most + 1) if length.isdecimal() else most + 1)
    environ |= {"CONTENT_LENGTH": length or str(len(body)), "wsgi.input": BytesIO(body)}


def _with_large_body(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if not _large_bodies.acquire(blocking=False):
        environ |= {"CONTENT_LENGTH": environ.get("CONTENT_LENGTH") or "1", "wsgi.input": _NoRoom()}
        with turns.turn():
            return _django(environ, start_response)
    try:
        _read_body(environ, most=settings.DIALECT_BODY_BYTES)
        with turns.turn():
            return _django(environ, start_response)
    finally:
        _large_bodies.release()


class _NoRoom:
    """In place of a body that is not read. The view refuses the request when it would read it, so only its user's."""

    def read(self, size: int = -1) -> bytes:
        raise ServiceUnavailable("Too many large requests at once.", retry_after=1)

    readline = read
