"""Receives uploads: `multipart/form-data` with one file, written to disk as it comes, and cut off at the limits."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import connection
from django.http import UnreadablePostError
from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from chatrooms.attachments.exceptions import FileTooLarge, UploadsBusy, UploadTooSlow
from chatrooms.limits import tier_of_request
from config.http.parsers import refuse_encoding
from config.http.problems import BadRequestProblem
from config.infrastructure import turns

LONGEST: Final = 300
"""Seconds in which an upload has to arrive: 20 MiB at half a megabit a second."""

AT_ONCE: Final = 4
"""Uploads that one process of `web` receives at once: each holds a thread and room on the disk."""

AT_ONCE_OF_USER: Final = 2
"""Of these, so that no user keeps all others waiting."""

PIECE: Final = 4096
"""Bytes that are read before the time is looked at. A client that sends less than that in an hour is the proxy's."""

OVERHEAD: Final = 64 * 1024
"""Bytes of a body beside its file."""

_lock = threading.Lock()
_taken: Counter[int] = Counter()
"""The slots that are taken, by the user's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A received file; `path` lasts as long as the request."""

    name: str
    path: Path


@contextmanager
def slot(*, user_id: int) -> Iterator[None]:
    """Take one of the process's slots for the block.

    Raises:
        UploadsBusy: none is free, or the user has as many as one may have.
    """
    with _lock:
        if _taken.total() >= AT_ONCE or _taken[user_id] >= AT_ONCE_OF_USER:
            raise UploadsBusy(retry_after=5)
        _taken[user_id] += 1
    try:
        yield
    finally:
        with _lock:
            _taken[user_id] -= 1


def give_connection_back() -> None:
    """Let other requests use the database's connection while this one waits for something else."""
    if not connection.in_atomic_block:
        connection.close()


class UploadParser(parsers.MultiPartParser):
    """DRF's parser, with limits of bytes and time. Nothing of the body is read before the user is known."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Read the form, and write its file to disk.

        Raises:
            FileTooLarge: it has more bytes than the user's tier allows.
            UploadTooSlow: it did not arrive in time.
            BadRequestProblem: the body is not a form, has two files, or ends too early.
            UnsupportedEncoding: it is compressed.
        """
        assert parser_context is not None
        request: Request = parser_context["request"]
        refuse_encoding(request.headers.get("Content-Encoding", ""))
        limit = tier_of_request(request).file_bytes
        if "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
            _check_length(request, limit)
        body = _Body(stream)
        give_connection_back()
        parser_context["request"].upload_handlers = [_BoundedHandler(limit)]
        with turns.let_others_run():
            return self._parsed(body, media_type, parser_context)

    def _parsed(self, body: "_Body", media_type: str | None, parser_context: Mapping[str, Any]) -> Any:
        """A body that ends too early may look complete: its last bytes have to be the end of the form."""
        try:
            form = super().parse(cast(IO[bytes], body), media_type, parser_context)
            while body.read(PIECE):
                pass
        except (ParseError, UnreadablePostError):
            raise BadRequestProblem("The body is not valid multipart/form-data.") from None
        boundary = re.search(r"boundary=\"?([^\";]+)", media_type or "")
        if boundary is None or f"--{boundary[1].strip()}--".encode() not in body.tail:
            raise BadRequestProblem("The body ends too early.")
        return form


class _Body:
    """The body of a request, read in small pieces, so that the time is looked at often."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._deadline = time.monotonic() + LONGEST
        self.tail = b""
        """The last bytes that were read."""

    def read(self, size: int) -> bytes:
        pieces, missing = [], size
        while missing and (piece := self._stream.read(min(PIECE, missing))):
            if time.monotonic() > self._deadline:
                raise UploadTooSlow
            pieces.append(piece)
            missing -= len(piece)
            self.tail = (self.tail + piece)[-1024:]
        return b"".join(pieces)


class _BoundedHandler(TemporaryFileUploadHandler):
    """Writes one file to disk, and stops where it is too large."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit, self._files = limit, 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self._files += 1
        if self._files > 1:
            raise BadRequestProblem("Send one file at a time.")
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self._limit:
            raise too_large(self._limit)
        super().receive_data_chunk(raw_data, start)


def of_file(file: TemporaryUploadedFile) -> Upload:
    return Upload(name=str(file.name), path=Path(file.temporary_file_path()))


def too_large(limit: int) -> FileTooLarge:
    return FileTooLarge(f"At most {limit} bytes.", limit=limit)


def _check_length(request: Request, limit: int) -> None:
    """Refuse by what the client says itself, so that nothing is sent in vain."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit + OVERHEAD:
        raise too_large(limit)
