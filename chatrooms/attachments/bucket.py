"""Objects in a bucket that speaks S3's protocol. Only processes that use one import this: boto3 takes 20 MB."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage


class BucketStorage(S3Storage):  # type: ignore[misc]  # it brings no types
    """django-storages' own, whose failures are those of a folder."""

    def __init__(self, **options: Any) -> None:
        """Set the time that a request may wait, and how often it is repeated."""
        config = Config(connect_timeout=3, read_timeout=20, retries={"max_attempts": 2, "mode": "standard"})
        super().__init__(**options, client_config=config)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        with _as_oserror():
            return super().save(*args, **kwargs)

    def open(self, name: str, mode: str = "rb") -> Any:
        """Read an object as it comes: its own would first write all of it to disk, which many downloads may fill."""
        with _as_oserror():
            return self.bucket.Object(name).get()["Body"]

    def delete(self, name: str) -> None:
        with _as_oserror():
            super().delete(name)

    def walk(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """See `chatrooms.attachments.storage.Walkable`."""
        with _as_oserror():
            for found in self.bucket.objects.filter(Prefix=prefix):
                yield found.key, found.last_modified


@contextmanager
def _as_oserror() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(type(error).__name__) from error
