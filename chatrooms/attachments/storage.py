"""Where the files' objects are: a folder, or a bucket (`chatrooms.attachments.bucket`).

Call nothing here inside a transaction.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, Protocol, cast

import structlog
from django.core.files import File as Content
from django.core.files.storage import FileSystemStorage, storages

from chatrooms.attachments.exceptions import StorageUnavailable

log = structlog.get_logger(__name__)

PREFIX: Final = "files/"
"""All keys begin with it; the bucket may hold other things."""


class Walkable(Protocol):
    """A storage whose objects can be listed."""

    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Every key with this prefix, a page at a time, and when its object was written."""


class FolderStorage(FileSystemStorage):
    """Objects in a folder."""

    takes_uploads = False

    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """See `Walkable`."""
        root = Path(self.location)
        for folder, _, names in os.walk(root / prefix):
            for name in names:
                path = Path(folder, name)
                yield path.relative_to(root).as_posix(), datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)


def save(key: str, content: IO[bytes]) -> None:
    """Store an object under a key that no other has.

    Raises:
        StorageUnavailable: it may be stored, or a part of it.
    """
    with _answering():
        _storage().save(key, Content(content))


def open_content(key: str) -> IO[bytes]:
    """Open an object to read it once, from its beginning to its end. Close it.

    Raises:
        StorageUnavailable: it is not there, or the storage does not answer.
    """
    with _answering():
        return cast(IO[bytes], _storage().open(key, "rb"))


def read(key: str) -> bytes:
    """The whole of a small object.

    Raises:
        StorageUnavailable: as `open_content` does.
    """
    with _answering(), cast(IO[bytes], _storage().open(key, "rb")) as content:
        return content.read()


def takes_uploads() -> bool:
    """Whether clients can write objects themselves, by `upload_url`."""
    return bool(_storage().takes_uploads)


def upload_url(key: str, *, size: int, lifetime: timedelta) -> str:
    """A URL that stores what is PUT there, if it has exactly `size` bytes. No request is made for it.

    Raises:
        StorageUnavailable: there is nothing to sign it with.
    """
    with _answering():
        return str(_storage().upload_url(key, size=size, lifetime=lifetime))


def fetch(key: str, target: Path, *, most: int) -> int | None:
    """Write an object to disk, but not more than `most` bytes of it; how many, or None if it is not there.

    Raises:
        StorageUnavailable: it could not be read to its end.
    """
    with _answering():
        try:
            return int(_storage().fetch(key, target, most=most))
        except FileNotFoundError:
            return None


def delete(key: str) -> None:
    """Delete an object, if it is there.

    Raises:
        StorageUnavailable: it may still be there.
    """
    with _answering():
        _storage().delete(key)


def walk(prefix: str = PREFIX) -> Iterator[tuple[str, datetime]]:
    """Every key with this prefix, and when its object was written."""
    with _answering():
        yield from cast(Walkable, _storage()).walk(prefix)


def _storage() -> Any:
    return storages["files"]


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.warning("file_storage_failed", cause=type(error).__name__)
        raise StorageUnavailable(retry_after=10) from None
