"""The objects in a bucket."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from chatrooms import tasks
from chatrooms.attachments import discarding, storage
from chatrooms.attachments.exceptions import StorageUnavailable
from chatrooms.attachments.models import File, FileSpace
from config.file_settings import FileEnvironment
from tests.chatrooms.attachments.buckets import KEYS, cut, keys, use
from tests.chatrooms.attachments.conftest import Upload, post
from tests.ports import free_port

pytestmark = pytest.mark.django_db


def test_a_file_is_kept_read_and_deleted(client: APIClient, bucket: Any, upload: Upload) -> None:
    content = b"Hello" * 400_000
    made = upload(content)
    assert keys(bucket) == [File.objects.get().key]
    assert b"".join(client.get(f"/files/{made['id']}/content").streaming_content) == content
    assert client.delete(f"/files/{made['id']}").status_code == 204
    assert (keys(bucket), File.objects.count(), FileSpace.objects.get().used) == ([], 0, 0)


@pytest.mark.faults
def test_many_objects_are_walked_and_strays_deleted(
    bucket: Any, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: bucket.put_object(Key=f"files/7/{number}", Body=b"x"), range(1001)))
    bucket.put_object(Key="other/1", Body=b"x")
    assert len(list(storage.walk())) == 1002
    monkeypatch.setattr(discarding.timezone, "now", lambda: datetime.now(UTC) + timedelta(hours=2))
    discarding.purge(File.objects.none())
    assert sorted(keys(bucket)) == sorted([File.objects.get().key, "other/1"])


def test_the_objects_of_a_user_are_deleted(bucket: Any, upload: Upload) -> None:
    upload()
    user_id = File.objects.get().user_id
    bucket.put_object(Key=f"files/{user_id}/stray", Body=b"x")
    bucket.put_object(Key=f"files/{user_id}0/other", Body=b"x")
    discarding.delete_all_of(user_id=user_id)
    assert (keys(bucket), File.objects.count()) == ([f"files/{user_id}0/other"], 0)


def test_while_the_bucket_is_away_nothing_is_kept(client: APIClient, upload: Upload, settings: Any) -> None:
    made = upload()
    use(settings, f"http://127.0.0.1:{free_port()}")
    for response in (post(client, b"Hello", "a.txt"), client.get(f"/files/{made['id']}/content")):
        assert (response.status_code, response.json()["code"]) == (503, "file_storage_unavailable")
    assert client.delete(f"/files/{made['id']}").status_code == 204
    assert set(File.objects.values_list("state", flat=True)) <= {"deleted", "pending"}
    assert tasks.sweep_files() == 0


def test_an_object_that_is_cut_off_is_no_content(settings: Any, tmp_path: Path) -> None:
    with cut() as endpoint:
        use(settings, endpoint)
        with pytest.raises(StorageUnavailable):
            storage.read("files/1/a")
        with pytest.raises(StorageUnavailable):
            storage.fetch("files/1/a", tmp_path / "a", most=1000)
        with storage.open_content("files/1/a") as content, pytest.raises(OSError, match="Error"):
            content.read()
        with storage.open_content("files/1/a") as content, pytest.raises(OSError, match="Error"):
            list(iter(partial(content.read, 100), b""))


def test_the_keys_of_the_environment_are_checked() -> None:
    os.environ.pop("FILES_S3_BUCKET", None)
    assert FileEnvironment(FILES_S3_ACCESS_KEY="key")._file_problems() != []
    assert FileEnvironment(FILES_S3_BUCKET="files", FILES_S3_ENDPOINT="ftp://x")._file_problems() != []
    assert FileEnvironment(FILES_S3_BUCKET="files", **KEYS)._file_problems() == []
