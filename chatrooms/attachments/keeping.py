"""Keeps an uploaded file: its row first, then its object, and then the row is ready.

Whatever is killed in between, the sweep (`discarding`) finds a pending row, and with it the object.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, Final
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
        FileRefused, ScannerUnavailable, UploadsBusy: as `checked` raises them.
        SessionEnded, FileSpaceUsedUp, StorageUnavailable: as `keep` raises them.
    """
    give_connection_back()
    with turns.let_others_run(), checked(upload) as (name, inspected):
        return keep(user_id=user_id, tier=tier, name=name, inspected=inspected)


@contextmanager
def checked(upload: Upload) -> Iterator[tuple[str, Inspected]]:
    """Scan and inspect a file; the name to keep it by, and what it is. Its clean copy lasts as long as the block.

    Raises:
        FileRefused: by the scanner, or for what it is; one of its kinds says why.
        ScannerUnavailable, UploadsBusy: it could not be checked.
    """
    with tempfile.TemporaryDirectory() as folder:
        scanning.scan(upload.path)
        inspected = inspection.inspect(source=upload.path, target=Path(folder, "clean"), name=upload.name)
        name = upload.name
        if inspected.ending and PurePosixPath(name).suffix.lower() in CONVERTED:
            name = f"{PurePosixPath(name).stem}.{inspected.ending}"
        yield name, inspected


def keep(*, user_id: int, tier: Tier, name: str, inspected: Inspected) -> File:
    """Store an inspected file; call it outside any transaction.

    Raises:
        SessionEnded: the account is being erased, or was erased.
        FileSpaceUsedUp: it does not fit beside the user's other files.
        StorageUnavailable: nothing is kept.
    """
    file = reserve(user_id=user_id, tier=tier, name=name, **known(inspected))
    store(file, inspected.content)
    return file


def reserve(*, user_id: int, tier: Tier, size: int, **fields: Any) -> File:
    """Insert the pending row with its bytes. The lock orders it before the mark of an erasure, or after it.

    Raises:
        SessionEnded: the account is being erased, or was erased.
        FileSpaceUsedUp: it does not fit beside the user's other files.
    """
    with transaction.atomic():
        living = User.objects.select_for_update(no_key=True).filter(pk=user_id, erasing_at=None)
        if not list(living.values_list("pk")):
            raise SessionEnded
        space.reserve(user_id=user_id, size=size, limit=tier.kept_file_bytes)
        key = f"{storage.PREFIX}{user_id}/{uuid4().hex}"
        made = File.objects.create(user_id=user_id, size=size, key=key, **fields)
    made.refresh_from_db(fields=["created_at"])
    return made


def known(inspected: Inspected) -> dict[str, Any]:
    """The columns that tell of the content."""
    with inspected.content.open("rb") as content:
        return {
            "kind": inspected.kind,
            "mime_type": inspected.mime_type,
            "size": inspected.content.stat().st_size,
            "width": inspected.width,
            "height": inspected.height,
            "pages": inspected.pages,
            "seconds": inspected.seconds,
            "sha256": hashlib.file_digest(content, "sha256").hexdigest(),
        }


def store(file: File, path: Path) -> None:
    """Write the object of a pending row, which then is ready.

    Raises:
        StorageUnavailable: nothing is kept.
        FileNotFound: the account is being erased.
    """
    try:
        with path.open("rb") as content:
            storage.save(file.key, content)
    except BaseException:
        _give_back(file)
        raise
    if not File.objects.filter(pk=file.pk, state=State.PENDING).update(state=State.READY):
        storage.delete(file.key)  # the account is being erased
        raise FileNotFound
    file.state = State.READY


def _give_back(file: File) -> None:
    """Delete what may be stored, and then the row; if the storage does not answer, the sweep does it later."""
    with suppress(StorageUnavailable):
        storage.delete(file.key)
        if file.staging_key:
            storage.delete(file.staging_key)
        space.remove(file_id=file.pk)
