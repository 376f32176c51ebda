"""Uploads, with a folder of each test's own for the objects."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from tests.chatrooms.attachments import buckets

Upload = Callable[..., Any]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Where the objects are."""
    options = {**django_settings.STORAGES["files"]["OPTIONS"], "location": tmp_path / "objects"}
    settings.STORAGES = {
        **django_settings.STORAGES,
        "files": {"BACKEND": "chatrooms.attachments.storage.FolderStorage", "OPTIONS": options},
    }
    assert storages["files"].location == str(tmp_path / "objects")
    return tmp_path / "objects"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with buckets.running() as url:
        yield url


@pytest.fixture
def bucket(settings: Any, endpoint: str, folder: Path) -> Iterator[Any]:
    """The bucket in place of the folder."""
    buckets.use(settings, endpoint)
    found = storages["files"].bucket
    yield found
    found.objects.all().delete()


def objects_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def post(client: APIClient, content: bytes, name: str, **headers: str) -> Any:
    """Upload a file as a browser does; what it says of the type is a lie."""
    file = SimpleUploadedFile(name, content, content_type="application/x-lie")
    return client.post("/files", {"file": file}, format="multipart", headers=headers)


@pytest.fixture
def upload(client: APIClient) -> Upload:
    """Upload a text of Alice's and return its JSON."""

    def make(content: bytes = b"Hello", name: str = "note.txt") -> Any:
        response = post(client, content, name)
        assert response.status_code == 201, response.json()
        return response.json()

    return make
