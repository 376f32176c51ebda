"""Erasing an account deletes its files with their objects; exports name them."""

import json
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from accounts import tasks as account_tasks
from accounts.models import User
from accounts.personal_data import erasure
from chatrooms.attachments import storage
from chatrooms.attachments.exceptions import StorageUnavailable
from chatrooms.attachments.models import File, FileSpace
from chatrooms.models import Chatroom, Message
from tests.chatrooms.attachments.conftest import Upload, objects_in
from tests.chatrooms.conftest import claim, finish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *_: True)


def with_files(client: APIClient, room: Chatroom, upload: Upload) -> None:
    """One file is attached, one is not."""
    body = {"content": "Look", "file_ids": [upload(b"12345", "attached.txt")["id"]]}
    sent = client.post(f"/chatroom/{room.pk}/message", body).json()
    finish(claim(Message.objects.get(pk=sent["id"])))
    upload(b"123", "waiting.txt")


def test_an_erasure_deletes_rows_and_objects(
    client: APIClient, alice: User, room: Chatroom, upload: Upload, folder: Path
) -> None:
    with_files(client, room, upload)
    stray = folder / "files" / str(alice.pk) / "stray"
    stray.write_bytes(b"left by a killed upload")
    other = folder / "files" / f"{alice.pk}0" / "other"
    other.parent.mkdir()
    other.write_bytes(b"of another user")
    erasure.begin(user_id=alice.pk)
    assert account_tasks.erase(alice.pk) == "done"
    assert (File.objects.count(), FileSpace.objects.count(), objects_in(folder)) == (0, 0, [other])


def test_an_erasure_waits_for_the_storage(
    client: APIClient, alice: User, room: Chatroom, upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_files(client, room, upload)
    erasure.begin(user_id=alice.pk)

    def fail(key: str) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(storage, "delete", fail)
        assert account_tasks.erase(alice.pk) == "postponed"
    assert len(objects_in(folder)) == File.objects.count() == 2
    User.objects.update(erase_next_attempt_at="2020-01-01T00:00:00Z")
    assert account_tasks.erase(alice.pk) == "done"
    assert (File.objects.count(), objects_in(folder)) == (0, [])


def test_exports_name_the_files(client: APIClient, room: Chatroom, upload: Upload) -> None:
    with_files(client, room, upload)
    account = json.loads(b"".join(client.get("/user/me/export").streaming_content))
    assert [file["name"] for file in account["files"]] == ["attached.txt", "waiting.txt"]
    assert "key" not in account["files"][0]
    exported = json.loads(b"".join(client.get(f"/chatroom/{room.pk}/export").streaming_content))
    assert [file["name"] for file in exported["messages"][0]["files"]] == ["attached.txt"]
    text = b"".join(client.get(f"/chatroom/{room.pk}/export?format=markdown").streaming_content).decode()
    assert "\n*File: attached.txt*\n" in text
