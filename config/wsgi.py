"""The WSGI application of the process `web`."""

import os
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.file_settings import MAX_FILE_BYTES
from config.infrastructure import turns
from config.infrastructure.database import TimeoutConnection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TimeoutConnection.statement_timeout = 2.5  # seconds; a request's statements take milliseconds

BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

UPLOADS: Final = "/files"
DIALECTS: Final = "/v1/"
MAX_UPLOAD: Final = MAX_FILE_BYTES + 64 * 1024
"""Bytes that are read of an upload without a length, with what is in the form beside the file."""

_django = get_wsgi_application()


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
        length, most = environ.get("CONTENT_LENGTH", ""), settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
        if environ.get("PATH_INFO", "").startswith(DIALECTS):
            most = settings.DIALECT_BODY_BYTES + 1
        body = environ["wsgi.input"].read(min(int(length), most) if length.isdecimal() else most)
        environ |= {"CONTENT_LENGTH": environ.get("CONTENT_LENGTH") or str(len(body)), "wsgi.input": BytesIO(body)}
    with turns.turn():
        return _django(environ, start_response)
