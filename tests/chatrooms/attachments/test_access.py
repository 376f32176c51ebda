"""Who may see, download and delete a file."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from rest_framework.test import APIClient

from accounts.models import Session, User
from chatrooms.attachments.links import SALT
from chatrooms.attachments.models import File, FileSpace
from tests.chatrooms.attachments.conftest import Upload, objects_in, post

pytestmark = pytest.mark.django_db

ANYONE = APIClient()


def path_of(made: dict[str, Any]) -> str:
    parts = urlsplit(made["url"])
    return f"{parts.path}?{parts.query}"


def test_a_link_needs_no_token_and_shows_no_page(upload: Upload) -> None:
    made = upload(b"<b>Hello</b>", 'Größe "1".md')
    response = ANYONE.get(path_of(made))
    assert (response.status_code, b"".join(response.streaming_content)) == (200, b"<b>Hello</b>")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Length"] == "12"
    assert response["Content-Disposition"] == "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe%20%221%22.md"


def test_a_link_is_of_one_file(upload: Upload) -> None:
    one, other = upload(), upload()
    signature = urlsplit(one["url"]).query
    response = ANYONE.get(f"/files/{other['id']}/content?{signature}")
    assert (response.status_code, response.json()["code"]) == (401, "link_invalid")


def test_a_forged_link_opens_nothing(upload: Upload) -> None:
    made = upload()
    for signature in ("", "x", "a:b:c", signing.dumps([1, "z"], salt=SALT), signing.dumps([1, "z"])):
        response = ANYONE.get(f"/files/{made['id']}/content?signature={signature}")
        assert (response.status_code, response.json()["code"]) == (401, "link_invalid")


def test_a_link_expires(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    made = upload()
    monkeypatch.setattr("chatrooms.attachments.links.LIFETIME", timedelta(seconds=-1))
    assert ANYONE.get(path_of(made)).json()["code"] == "link_invalid"


def test_a_link_ends_with_its_session(upload: Upload, alice: User) -> None:
    made = upload()
    Session.objects.filter(user=alice).update(revoked_at="2020-01-01T00:00:00Z")
    assert ANYONE.get(path_of(made)).status_code == 401


def test_without_a_link_or_a_token_nothing_opens(upload: Upload) -> None:
    assert ANYONE.get(f"/files/{upload()['id']}/content").status_code == 401


def test_a_stranger_finds_no_file(
    upload: Upload, client_of: Callable[[User], APIClient], mallory: User, folder: Path
) -> None:
    made, theirs = upload(), client_of(mallory)
    for response in (
        theirs.get(f"/files/{made['id']}"),
        theirs.get(f"/files/{made['id']}/content"),
        theirs.delete(f"/files/{made['id']}"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert len(objects_in(folder)) == 1


def test_a_deleted_file_is_gone_with_its_bytes(upload: Upload, client: APIClient, folder: Path) -> None:
    made = upload(b"12345")
    assert FileSpace.objects.get().used == 5
    assert client.delete(f"/files/{made['id']}").status_code == 204
    assert (File.objects.count(), FileSpace.objects.get().used, objects_in(folder)) == (0, 0, [])
    assert client.delete(f"/files/{made['id']}").status_code == 404
    assert client.get(f"/files/{made['id']}").status_code == 404


def test_a_repeat_with_the_same_key_gets_the_same_file(client: APIClient, folder: Path) -> None:
    key = {"Idempotency-Key": "upload-1"}
    first, repeat = (post(client, b"Hello", "note.txt", **key) for _ in range(2))
    assert (first.status_code, repeat.status_code, repeat["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json()["id"] == repeat.json()["id"]
    assert len(objects_in(folder)) == 1
    assert post(client, b"Other", "note.txt", **key).json()["code"] == "idempotency_key_reused"
