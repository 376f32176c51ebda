"""Direct uploads that are completed twice at once, or not to their end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from chatrooms import tasks
from chatrooms.attachments.exceptions import FileInfected, ScannerUnavailable, StorageUnavailable
from chatrooms.attachments.models import File, State
from tests.chatrooms.attachments.direct_uploads import complete, left, put, uploaded

pytestmark = pytest.mark.django_db


def test_of_two_completions_at_once_one_keeps_the_file(
    client: APIClient, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer, inner = uploaded(client), []

    def scan(path: Path) -> None:
        if not inner:
            inner.append(None)
            put(offer, b"Other")
            inner[0] = complete(client, offer)

    monkeypatch.setattr("chatrooms.attachments.scanning.scan", scan)
    outer = complete(client, offer)
    assert (inner[0].status_code, outer.status_code, outer.json()["code"]) == (200, 409, "upload_in_progress")
    assert "Retry-After" in outer
    assert b"".join(client.get(f"/files/{offer['id']}/content").streaming_content) == b"Other"
    assert complete(client, offer).json()["sha256"] == inner[0].json()["sha256"]
    assert left(bucket) == (1, 1, 5)


def test_a_refusal_does_not_delete_what_another_kept(
    client: APIClient, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer, inner = uploaded(client), []

    def scan(path: Path) -> None:
        if not inner:
            inner.append(None)
            inner[0] = complete(client, offer)
            raise FileInfected

    monkeypatch.setattr("chatrooms.attachments.scanning.scan", scan)
    assert (complete(client, offer).json()["code"], inner[0].status_code) == ("file_infected", 200)
    assert complete(client, offer).status_code == 200


def test_an_upload_outlives_a_scanner_that_is_away(
    client: APIClient, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise ScannerUnavailable

    offer = uploaded(client)
    with monkeypatch.context() as broken:
        broken.setattr("chatrooms.attachments.scanning.scan", fail)
        assert complete(client, offer).json()["code"] == "file_scanner_unavailable"
    assert complete(client, offer).status_code == 200


def test_what_cannot_be_stored_leaves_nothing(client: APIClient, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise StorageUnavailable

    offer = uploaded(client)
    monkeypatch.setattr("chatrooms.attachments.storage.save", fail)
    assert complete(client, offer).json()["code"] == "file_storage_unavailable"
    assert left(bucket) == (0, 0, 0)


def test_a_killed_completion_is_swept_with_both_objects(client: APIClient, bucket: Any) -> None:
    offer = uploaded(client)
    complete(client, offer)
    put(offer, b"Hello")
    File.objects.update(state=State.PENDING, created_at=Now() - timedelta(minutes=61))
    assert complete(client, offer).json()["code"] == "upload_in_progress"
    assert (tasks.sweep_files(), left(bucket)) == (1, (0, 0, 0))
