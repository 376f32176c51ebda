"""What is left behind is found: by a killed process, a deleted message, an unused upload."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms import rooms, tasks
from chatrooms.attachments.exceptions import StorageUnavailable
from chatrooms.attachments.models import File, FileSpace, State
from chatrooms.models import Chatroom, Message
from tests.chatrooms.attachments.conftest import Upload, objects_in
from tests.chatrooms.conftest import claim, finish

pytestmark = pytest.mark.django_db


def age(hours: float) -> None:
    File.objects.update(created_at=Now() - timedelta(hours=hours))


def everything(folder: Path) -> tuple[int, int, int]:
    """Rows, objects, and bytes that are counted."""
    return File.objects.count(), len(objects_in(folder)), sum(FileSpace.objects.values_list("used", flat=True))


def test_a_file_that_no_message_got_is_deleted_after_a_day(upload: Upload, folder: Path) -> None:
    upload(b"12345")
    age(hours=23)
    assert (tasks.sweep_files(), everything(folder)) == (0, (1, 1, 5))
    age(hours=25)
    assert (tasks.sweep_files(), everything(folder)) == (1, (0, 0, 0))


def test_an_attached_file_is_kept(client: APIClient, room: Chatroom, upload: Upload, folder: Path) -> None:
    attached(client, room, upload)
    age(hours=1000)
    assert (tasks.sweep_files(), everything(folder)) == (0, (1, 1, 5))


def attached(client: APIClient, room: Chatroom, upload: Upload) -> Any:
    made = upload(b"12345")
    sent = client.post(f"/chatroom/{room.pk}/message", {"content": "Look", "file_ids": [made["id"]]}).json()
    finish(claim(Message.objects.get(pk=sent["id"])))
    return made


@pytest.mark.parametrize("how", ["message", "room"])
def test_a_file_goes_with_its_message(
    how: str, client: APIClient, room: Chatroom, upload: Upload, folder: Path
) -> None:
    made = attached(client, room, upload)
    if how == "room":
        assert client.delete(f"/chatroom/{room.pk}").status_code == 204
    else:
        Message.objects.filter(role="user").delete()
    assert client.get(f"/files/{made['id']}").status_code == 404
    assert client.get(f"/files/{made['id']}/content").status_code == 404
    assert (
        client.post(
            f"/chatroom/{rooms.create(user_id=room.user_id, name='x').pk}/message",
            {"content": "Look", "file_ids": [made["id"]]},
        ).status_code
        == 409
    )
    assert (tasks.sweep_files(), everything(folder)) == (1, (0, 0, 0))


KILLED = """
    import os, django
    django.setup()
    from pathlib import Path
    from django.conf import settings
    from chatrooms.attachments import keeping, storage
    from chatrooms.attachments.inspection import Inspected
    from billing.models import Tier
    settings.STORAGES["files"]["OPTIONS"]["location"] = os.environ["FOLDER"]
    save = storage.save
    def killed(key, content):
        if os.environ["WHEN"] == "after":
            save(key, content)
        os.kill(os.getpid(), 9)
    storage.save = killed
    inspected = Inspected(content=Path(os.environ["CONTENT"]), kind="text", mime_type="text/plain")
    tier = Tier.objects.get(slug="basic")
    keeping.keep(user_id=int(os.environ["OWNER"]), tier=tier, name="a.txt", inspected=inspected)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("when", "objects"), [("before", 0), ("after", 1)])
def test_a_kill_leaves_nothing_that_is_not_found(
    when: str, objects: int, alice: User, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "content").write_bytes(b"12345")
    database = settings.DATABASES["default"]
    url = (
        f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database['NAME']}"
        if "?" not in os.environ["DATABASE_URL"]
        else os.environ["DATABASE_URL"].replace("/postgres?", f"/{database['NAME']}?")
    )
    environment = os.environ | {
        "DATABASE_URL": url,
        "FOLDER": str(folder),
        "WHEN": when,
        "CONTENT": str(tmp_path / "content"),
        "OWNER": str(alice.pk),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED)],
        env=environment,
        cwd=settings.BASE_DIR,
        check=False,
        capture_output=True,
    )
    assert done.returncode == -9, done.stderr.decode()
    assert (File.objects.get().state, everything(folder)) == (State.PENDING, (1, objects, 5))
    assert (tasks.sweep_files(), everything(folder)) == (0, (1, objects, 5))
    age(hours=1.1)
    assert (tasks.sweep_files(), everything(folder)) == (1, (0, 0, 0))


def test_a_pending_file_does_not_exist_for_its_user(client: APIClient, upload: Upload, room: Chatroom) -> None:
    made = upload()
    File.objects.update(state=State.PENDING)
    assert client.get(f"/files/{made['id']}").status_code == 404
    sent = client.post(f"/chatroom/{room.pk}/message", {"content": "Look", "file_ids": [made["id"]]})
    assert sent.json()["code"] == "file_unavailable"


def test_a_delete_that_fails_is_repeated(
    client: APIClient, upload: Upload, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(b"12345")

    def fail(key: str) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as broken:
        broken.setattr("chatrooms.attachments.storage.delete", fail)
        assert client.delete(f"/files/{made['id']}").status_code == 204
        assert (tasks.sweep_files(), everything(folder)) == (0, (1, 1, 5))
    assert client.get(f"/files/{made['id']}").status_code == 404
    assert (tasks.sweep_files(), everything(folder)) == (1, (0, 0, 0))


def test_purge_deletes_objects_without_a_row(upload: Upload, folder: Path, capsys: Any) -> None:
    upload(b"12345")
    strays = [folder / "files" / "7" / name for name in ("old", "new")]
    strays[0].parent.mkdir()
    for stray in strays:
        stray.write_bytes(b"x")
    os.utime(strays[0], (0, 0))
    os.utime(objects_in(folder)[0] if objects_in(folder)[0] not in strays else objects_in(folder)[-1], (0, 0))
    call_command("purge")
    assert "File: 0" in capsys.readouterr().out
    assert [stray.exists() for stray in strays] == [False, True]
    assert everything(folder) == (1, 2, 5)


def test_a_dry_run_counts_only(upload: Upload, folder: Path, capsys: Any) -> None:
    upload(b"12345")
    age(hours=25)
    call_command("purge", "--dry-run")
    assert "File: 1" in capsys.readouterr().out
    assert everything(folder) == (1, 1, 5)


def test_outdated_messages_take_their_files_along(
    client: APIClient, room: Chatroom, upload: Upload, folder: Path, settings: Any, send: Callable[..., Message]
) -> None:
    attached(client, room, upload)
    settings.RETAIN_MESSAGES = timedelta(days=30)
    Message.objects.update(created_at=Now() - timedelta(days=31))
    call_command("purge")
    assert everything(folder) == (0, 0, 0)
