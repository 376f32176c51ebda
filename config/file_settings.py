"""The settings of attached files: where they are kept, and what scans them."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings

MIB: Final = 1024 * 1024

MAX_FILE_BYTES: Final = 25 * MIB
"""Of one file in any tier: the proxy (deploy/nginx.conf) and `web` receive no more."""


class FileEnvironment(BaseSettings):
    """A part of `config.environment.Environment`."""

    FILES_S3_BUCKET: str = ""
    FILES_S3_ENDPOINT: str = ""
    FILES_S3_REGION: str = ""
    FILES_S3_ACCESS_KEY: str = ""
    FILES_S3_SECRET_KEY: str = ""
    FILES_CLAMD: str = Field(default="", pattern=r"^(|\S+:[0-9]{1,5})$")

    def _file_problems(self) -> list[str]:
        found = []
        if self.FILES_S3_ENDPOINT and urlsplit(self.FILES_S3_ENDPOINT).scheme not in ("http", "https"):
            found.append("FILES_S3_ENDPOINT is not a URL of the kind ('http', 'https')")
        if bool(self.FILES_S3_ACCESS_KEY) != bool(self.FILES_S3_SECRET_KEY):
            found.append("FILES_S3_ACCESS_KEY and FILES_S3_SECRET_KEY belong together")
        if self.FILES_S3_ACCESS_KEY and not self.FILES_S3_BUCKET:
            found.append("FILES_S3_BUCKET is required beside FILES_S3_ACCESS_KEY")
        return found


def storages(env: FileEnvironment, data_dir: Path, *, hashed: bool) -> dict[str, Any]:
    """Django's STORAGES: files are in a bucket if there is one, else in a folder of `data_dir`.

    With `hashed`, the names of static files hold a hash of their content, so that browsers keep them for ever.
    """
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    return {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing uses it
        "staticfiles": {"BACKEND": "config.http.static_files.HashedStorage" if hashed else plain},
        "files": _bucket(env) if env.FILES_S3_BUCKET else _folder(data_dir),
    }


def _folder(data_dir: Path) -> dict[str, Any]:
    options = {"location": data_dir / "files", "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    return {"BACKEND": "chatrooms.attachments.storage.FolderStorage", "OPTIONS": options}


def _bucket(env: FileEnvironment) -> dict[str, Any]:
    """Without keys, boto3 finds those of the machine's role. Keys are unique, so nothing is ever overwritten."""
    options = {
        "bucket_name": env.FILES_S3_BUCKET,
        "endpoint_url": env.FILES_S3_ENDPOINT or None,
        "region_name": env.FILES_S3_REGION or None,
        "access_key": env.FILES_S3_ACCESS_KEY or None,
        "secret_key": env.FILES_S3_SECRET_KEY or None,
        "default_acl": None,
        "file_overwrite": True,
    }
    return {"BACKEND": "chatrooms.attachments.bucket.BucketStorage", "OPTIONS": options}
