"""Files that a client sends to the bucket itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts import tasks as account_tasks
from accounts.models import User
from accounts.personal_data import erasure
from chatrooms import tasks
from chatrooms.attachments import discarding, uploads
from chatrooms.attachments.models import File
from chatrooms.models import Chatroom
from tests.chatrooms.attachments import samples
from tests.chatrooms.attachments.buckets import keys
from tests.chatrooms.attachments.direct_uploads import complete, left, put, start, uploaded

pytestmark = pytest.mark.django_db

GROWING = samples.picture("PNG", size=(64, 64), mode="1")
"""A picture whose clean copy is larger than itself."""


def test_a_file_is_sent_completed_and_read(client: APIClient, bucket: Any, room: Chatroom) -> None:
    offer = uploaded(client)
    assert (offer["method"], offer["headers"]) == ("PUT", {"Content-Length": "5"})
    assert client.get(f"/files/{offer['id']}").status_code == 404
    done = complete(client, offer)
    assert (done.status_code, done.json()["kind"], done.json()["size"]) == (200, "text", 5)
    assert keys(bucket) == [File.objects.get().key]
    assert b"".join(client.get(f"/files/{offer['id']}/content").streaming_content) == b"Hello"
    sent = client.post(f"/chatroom/{room.pk}/message", {"content": "Look", "file_ids": [offer["id"]]})
    assert [each["id"] for each in sent.json()["files"]] == [offer["id"]]


def test_the_url_is_signed_for_the_size_and_five_minutes(client: APIClient, bucket: Any) -> None:
    offer = start(client, size=1234).json()
    query = parse_qs(urlsplit(offer["upload_url"]).query)
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert query["X-Amz-Expires"] == ["300"]
    assert timedelta(minutes=4) < datetime.fromisoformat(offer["expires_at"]) - datetime.now(UTC) < timedelta(minutes=6)
    assert urlsplit(offer["upload_url"]).path == f"/files/{File.objects.get().staging_key}"


def test_a_photo_is_cleaned_and_its_real_bytes_count(client: APIClient, bucket: Any) -> None:
    offer = uploaded(client, samples.photo(), "photo.jpg")
    done = complete(client, offer).json()
    kept = bucket.Object(File.objects.get().key).get()["Body"].read()
    assert b"CanaryCamera" not in kept
    assert (done["mime_type"], done["width"], done["height"]) == ("image/jpeg", 32, 64)
    assert left(bucket) == (1, 1, len(kept))
    assert done["size"] == len(kept) != len(samples.photo())


def test_a_repeated_completion_gets_the_same_file(client: APIClient, bucket: Any) -> None:
    offer = uploaded(client)
    first, again = complete(client, offer).json(), complete(client, offer).json()
    links = {"url": "", "url_expires_at": ""}
    assert first | links == again | links
    assert left(bucket) == (1, 1, 5)


def test_what_is_sent_after_the_completion_changes_nothing(
    client: APIClient, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = uploaded(client)
    complete(client, offer)
    assert put(offer, b"Other").status_code == 200
    assert complete(client, offer).status_code == 200
    assert b"".join(client.get(f"/files/{offer['id']}/content").streaming_content) == b"Hello"
    assert len(keys(bucket)) == 2
    monkeypatch.setattr(discarding.timezone, "now", lambda: datetime.now(UTC) + timedelta(hours=2))
    discarding.purge(File.objects.none())
    assert keys(bucket) == [File.objects.get().key]


def test_a_completion_without_an_upload_can_be_repeated(client: APIClient, bucket: Any) -> None:
    offer = start(client).json()
    missing = complete(client, offer)
    assert (missing.status_code, missing.json()["code"]) == (409, "upload_missing")
    put(offer, b"Hello")
    assert complete(client, offer).status_code == 200


@pytest.mark.parametrize("content", [b"Hell", b"Hello!", b"x" * 300_000])
def test_a_file_of_another_size_is_refused(client: APIClient, bucket: Any, content: bytes) -> None:
    """Moto does not check the signature."""
    offer = start(client).json()
    bucket.put_object(Key=File.objects.get().staging_key, Body=content)
    refused = complete(client, offer)
    assert (refused.status_code, refused.json()["code"], refused.json()["size"]) == (422, "upload_size_wrong", 5)
    assert left(bucket) == (0, 0, 0)
    assert complete(client, offer).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("page.txt", b"<!DOCTYPE html><script>alert(1)</script>", "file_type_not_allowed"),
        ("photo.pdf", samples.photo(), "file_ending_wrong"),
        ("script.pdf", samples.pdf_with_script(), "file_active_content"),
    ],
)
def test_a_hostile_file_leaves_nothing(client: APIClient, bucket: Any, name: str, content: bytes, code: str) -> None:
    assert complete(client, uploaded(client, content, name)).json()["code"] == code
    assert left(bucket) == (0, 0, 0)


def test_more_than_the_tiers_limits_is_refused(client: APIClient, bucket: Any, set_tier: Callable[..., None]) -> None:
    set_tier(file_bytes=100, kept_file_bytes=150)
    large = start(client, size=101)
    assert (large.status_code, large.json()["code"], large.json()["limit"]) == (413, "file_too_large", 100)
    assert start(client, size=100).status_code == 201
    full = start(client, size=51)
    assert (full.status_code, full.json()["code"], full.json()["limit"]) == (409, "file_space_used_up", 150)
    assert start(client, size=50).status_code == 201
    assert left(bucket) == (2, 0, 150)


def test_a_picture_that_grows_over_the_space_is_refused(
    client: APIClient, bucket: Any, set_tier: Callable[..., None]
) -> None:
    set_tier(kept_file_bytes=len(GROWING))
    refused = complete(client, uploaded(client, GROWING, "a.png"))
    assert (refused.status_code, refused.json()["code"]) == (409, "file_space_used_up")
    assert left(bucket) == (0, 0, 0)
    set_tier(kept_file_bytes=10_000)
    grown = complete(client, uploaded(client, GROWING, "a.png")).json()["size"]
    assert grown > len(GROWING)
    assert left(bucket) == (1, 1, grown)


def test_a_stranger_cannot_complete_an_upload(
    client: APIClient, client_of: Callable[[User], APIClient], mallory: User, bucket: Any
) -> None:
    offer = uploaded(client)
    for theirs in (complete(client_of(mallory), offer), client_of(mallory).delete(f"/files/{offer['id']}")):
        assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")
    file = File.objects.get()
    assert (file.state, file.kind, keys(bucket)) == ("pending", "", [file.staging_key])


def test_an_abandoned_upload_is_swept_after_an_hour(client: APIClient, bucket: Any) -> None:
    uploaded(client)
    File.objects.update(created_at=Now() - timedelta(minutes=59))
    assert (tasks.sweep_files(), left(bucket)) == (0, (1, 1, 5))
    File.objects.update(created_at=Now() - timedelta(minutes=61))
    assert (tasks.sweep_files(), left(bucket)) == (1, (0, 0, 0))


def test_an_upload_can_be_given_up(client: APIClient, bucket: Any) -> None:
    offer = uploaded(client)
    assert client.delete(f"/files/{offer['id']}").status_code == 204
    assert left(bucket) == (0, 0, 0)
    assert complete(client, offer).status_code == 404


def test_an_erasure_takes_uploads_along(client: APIClient, alice: User, bucket: Any) -> None:
    complete(client, uploaded(client))
    uploaded(client)
    start(client)
    erasure.begin(user_id=alice.pk)
    assert account_tasks.erase(alice.pk) == "done"
    assert left(bucket) == (0, 0, 0)


def test_a_repeat_with_the_same_key_offers_the_same_file(client: APIClient, bucket: Any) -> None:
    key = {"Idempotency-Key": "upload-1"}
    first, repeat = start(client, **key), start(client, **key)
    assert (first.status_code, repeat.status_code, repeat["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.json()["id"] == repeat.json()["id"]
    assert left(bucket) == (1, 0, 5)
    assert start(client, size=6, **key).json()["code"] == "idempotency_key_reused"
    client.delete(f"/files/{first.json()['id']}")
    assert start(client, **key).status_code == 404


def test_a_completion_takes_a_slot(client: APIClient, alice: User, bucket: Any) -> None:
    offer = uploaded(client)
    with uploads.slot(user_id=alice.pk), uploads.slot(user_id=alice.pk):
        assert complete(client, offer).json()["code"] == "uploads_busy"
    assert complete(client, offer).status_code == 200


def test_uploads_of_both_kinds_share_a_limit(client: APIClient, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrooms.limits.UploadLimit.rate", 2)
    offer = uploaded(client)
    assert [complete(client, offer).status_code for _ in range(2)] == [200, 429]


def test_a_folder_takes_no_direct_uploads(client: APIClient, folder: Path) -> None:
    refused = start(client)
    assert (refused.status_code, refused.json()["code"]) == (409, "direct_upload_unavailable")
    assert File.objects.count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"size": 5}, "name"),
        ({"name": "a.txt"}, "size"),
        ({"name": "a.txt", "size": 0}, "size"),
        ({"name": "a.txt", "size": "many"}, "size"),
        ({"name": "\u200b", "size": 5}, "name"),
    ],
)
def test_a_name_and_a_size_are_needed(client: APIClient, bucket: Any, body: Any, field: str) -> None:
    refused = client.post("/files/uploads", body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)


def test_a_file_uploaded_here_cannot_be_completed(client: APIClient, bucket: Any, upload: Callable[..., Any]) -> None:
    assert complete(client, upload()).status_code == 404
