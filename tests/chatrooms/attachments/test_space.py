"""The bytes that a user keeps are counted exactly, whatever happens at once or fails in between."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Tier
from chatrooms.attachments import discarding, keeping
from chatrooms.attachments.exceptions import FileSpaceUsedUp
from chatrooms.attachments.inspection import Inspected
from chatrooms.attachments.models import File, FileSpace
from tests.chatrooms.attachments.conftest import Upload, objects_in, post


@pytest.mark.django_db
def test_what_does_not_fit_is_refused(
    client: APIClient, upload: Upload, set_tier: Callable[..., None], folder: Path
) -> None:
    set_tier(kept_file_bytes=10)
    upload(b"123456")
    refused = post(client, b"12345", "note.txt")
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "file_space_used_up", 10)
    upload(b"1234")
    assert (FileSpace.objects.get().used, len(objects_in(folder))) == (10, 2)


@pytest.mark.django_db
def test_a_failed_upload_gives_its_bytes_back(client: APIClient, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(FileSystemStorage, "_save", fail)
    response = post(client, b"Hello", "note.txt")
    assert (response.status_code, response.json()["code"]) == (503, "file_storage_unavailable")
    assert (File.objects.count(), FileSpace.objects.get().used, objects_in(folder)) == (0, 0, [])


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_and_exactly_those_that_fit(
    alice: User, folder: Path, tmp_path: Path, set_tier: Callable[..., None]
) -> None:
    set_tier(kept_file_bytes=37 * 1000 + 999)
    content = tmp_path / "content"
    content.write_bytes(b"x" * 1000)
    tier = Tier.objects.get(slug=Tier.BASIC)
    inspected = Inspected(content=content, kind="text", mime_type="text/plain")

    def one(number: int) -> str:
        try:
            keeping.keep(user_id=alice.pk, tier=tier, name=f"{number}.txt", inspected=inspected)
        except FileSpaceUsedUp:
            return "refused"
        finally:
            connection.close()
        return "kept"

    with ThreadPoolExecutor(20) as threads:
        assert Counter(threads.map(one, range(100))) == {"kept": 37, "refused": 63}
    assert FileSpace.objects.get().used == 37_000
    assert (File.objects.filter(state="ready").count(), len(objects_in(folder))) == (37, 37)


@pytest.mark.django_db(transaction=True)
def test_a_file_deleted_many_times_at_once_counts_once(alice: User, upload: Upload) -> None:
    made, other = upload(b"12345"), upload(b"123")

    def one(_: int) -> None:
        try:
            discarding._discard(File.objects.filter(pk=made["id"]))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(one, range(8)))
    assert (FileSpace.objects.get().used, File.objects.get().pk) == (3, other["id"])
