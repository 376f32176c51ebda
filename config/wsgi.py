"""The WSGI application of the process `web`."""

import os
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.infrastructure.database import PatientConnection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

PatientConnection.patience = 2.5  # seconds; a request's statements take milliseconds

BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request, also one whose body comes without Content-Length (in chunks, or over HTTP/2).

    WSGI knows no such body, and Django takes it for an empty one. So it is read here, up to one byte more than any
    route takes: which then refuses it as it refuses one that says its length.
    """
    if not environ.get("CONTENT_LENGTH") and environ["REQUEST_METHOD"] not in BODILESS:
        body = environ["wsgi.input"].read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    return _django(environ, start_response)
