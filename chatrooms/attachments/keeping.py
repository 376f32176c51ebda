"""Keeps an uploaded file: its row first, then its object, and then the row is ready.

Whatever is killed in between, the sweep (`discarding`) finds a pending row, and with it the object.
"""

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final
from uuid import uuid4

from django.db import transaction

from accounts.exceptions import SessionEnded
from accounts.models import User
from billing.models import Tier
from chatrooms.attachments import inspection, scanning, space, storage
from chatrooms.attachments.exceptions import FileNotFound, StorageUnavailable
from chatrooms.attachments.inspection import Inspected
from chatrooms.attachments.models import File, State
from chatrooms.attachments.uploads import Upload, give_connection_back
from config.infrastructure import turns

CONVERTED: Final = (".heic", ".heif")
"""Endings of pictures that are kept in another format."""


def take(*, user_id: int, tier: Tier, upload: Upload) -> File:
    """Scan, inspect and keep an uploaded file; call it outside any transaction.

    Raises:
        FileRefused: by the scanner, or for what it is; one of its kinds says why.
        ScannerUnavailable, UploadsBusy: it could not be checked.
        SessionEnded, FileSpaceUsedUp, StorageUnavailable: as `keep` raises them.
    """
    give_connection_back()
    with tempfile.TemporaryDirectory() as folder, turns.let_others_run():
        scanning.scan(upload.path)
        inspected = inspection.inspect(source=upload.path, target=Path(folder, "clean"), name=upload.name)
        name = upload.name
        if inspected.ending and PurePosixPath(name).suffix.lower() in CONVERTED:
            name = f"{PurePosixPath(name).stem}.{inspected.ending}"
        return keep(user_id=user_id, tier=tier, name=name, inspected=inspected)


def keep(*, user_id: int, tier: Tier, name: str, inspected: Inspected) -> File:
    """Store an inspected file; call it outside any transaction.

    Raises:
        SessionEnded: the account is being erased, or was erased.
        FileSpaceUsedUp: it does not fit beside the user's other files.
        StorageUnavailable: nothing is kept.
    """
    file = _reserve(user_id, tier, name, inspected)
    try:
        with inspected.content.open("rb") as content:
            storage.save(file.key, content)
    except BaseException:
        _give_back(file)
        raise
    if not File.objects.filter(pk=file.pk, state=State.PENDING).update(state=State.READY):
        storage.delete(file.key)  # the account is being erased
        raise FileNotFound
    file.state = State.READY
    return file


def _reserve(user_id: int, tier: Tier, name: str, inspected: Inspected) -> File:
    """Insert the pending row with its bytes. The lock orders it before the mark of an erasure, or after it."""
    size, sha256 = _measure(inspected.content)
    with transaction.atomic():
        living = User.objects.select_for_update(no_key=True).filter(pk=user_id, erasing_at=None)
        if not list(living.values_list("pk")):
            raise SessionEnded
        space.reserve(user_id=user_id, size=size, limit=tier.kept_file_bytes)
        made = File.objects.create(
            user_id=user_id,
            name=name,
            kind=inspected.kind,
            mime_type=inspected.mime_type,
            size=size,
            width=inspected.width,
            height=inspected.height,
            pages=inspected.pages,
            seconds=inspected.seconds,
            sha256=sha256,
            key=f"{storage.PREFIX}{user_id}/{uuid4().hex}",
        )
    made.refresh_from_db(fields=["created_at"])
    return made


def _give_back(file: File) -> None:
    """Delete what may be stored, and then the row; if the storage does not answer, the sweep does it later."""
    with suppress(StorageUnavailable):
        storage.delete(file.key)
        space.remove(file_id=file.pk)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as content:
        return path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()
