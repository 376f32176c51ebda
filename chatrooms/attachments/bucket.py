"""Objects in a bucket that speaks S3's protocol. Only processes that use one import this: boto3 takes 20 MB."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

PIECE: Final = 64 * 1024
"""Bytes that are read at once."""


class BucketStorage(S3Storage):  # type: ignore[misc]  # it brings no types
    """django-storages' own, whose failures are those of a folder."""

    takes_uploads = True

    def __init__(self, **options: Any) -> None:
        """Set the time that a request may wait, and how often it is repeated.

        Only version 4 of the signature can bind a URL to a length, and boto3's URLs would have version 2.
        """
        retries: Any = {"max_attempts": 2, "mode": "standard"}
        config = Config(connect_timeout=3, read_timeout=20, retries=retries, signature_version="s3v4")
        super().__init__(**options, client_config=config)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        with _as_oserror():
            return super().save(*args, **kwargs)

    def open(self, name: str, mode: str = "rb") -> Any:
        """Read an object as it comes: its own would first write all of it to disk, which many downloads may fill."""
        with _as_oserror():
            return _Content(self.bucket.Object(name).get()["Body"])

    def upload_url(self, name: str, *, size: int, lifetime: timedelta) -> str:
        """See `chatrooms.attachments.storage.upload_url`: the signature covers the header Content-Length."""
        parameters = {"Bucket": self.bucket_name, "Key": name, "ContentLength": size}
        with _as_oserror():
            return str(
                self.bucket.meta.client.generate_presigned_url(
                    "put_object", Params=parameters, ExpiresIn=int(lifetime.total_seconds()), HttpMethod="PUT"
                )
            )

    def fetch(self, name: str, target: Path, *, most: int) -> int:
        """See `chatrooms.attachments.storage.fetch`."""
        left = most
        with self.open(name) as content, target.open("wb") as file:
            while left and (piece := content.read(min(PIECE, left))):
                left -= file.write(piece)
        return most - left

    def delete(self, name: str) -> None:
        with _as_oserror():
            super().delete(name)

    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """See `chatrooms.attachments.storage.Walkable`."""
        with _as_oserror():
            for found in self.bucket.objects.filter(Prefix=prefix):
                yield found.key, found.last_modified


class _Content(io.RawIOBase):
    """The body of an object as a file. As a context manager boto3's own is urllib3's response, with its exceptions."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int = -1) -> bytes:
        with _as_oserror():
            return bytes(self._body.read(None if size < 0 else size))

    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def _as_oserror() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NoSuchKey":
            raise FileNotFoundError from error
        raise OSError(type(error).__name__) from error
