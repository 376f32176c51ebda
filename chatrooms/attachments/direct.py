"""Uploads that clients send to the bucket themselves, so that no slow client holds a thread of `web`.

What is said of a file reserves its bytes in a pending row, whose kind is empty. The client writes under the staging
key. Completing the upload reads that object, and keeps what was inspected under the file's own key, as `keeping` does.
No client can write under that one, so a kept file does not change while the URL is still valid.

Objects under a staging key go with their row, or as objects that no row names (`discarding.purge`).
"""

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from billing.models import Tier
from chatrooms.attachments import discarding, keeping, space, storage
from chatrooms.attachments.exceptions import (
    DirectUploadUnavailable,
    FileNotFound,
    FileRefused,
    FileSpaceUsedUp,
    StorageUnavailable,
    UploadInProgress,
    UploadMissing,
    UploadSizeWrong,
)
from chatrooms.attachments.inspection import Inspected
from chatrooms.attachments.models import File, State
from chatrooms.attachments.uploads import Upload, give_connection_back, too_large
from config.infrastructure import turns

LIFETIME: Final = timedelta(minutes=5)
"""How long a URL can be used; a request that has begun goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a client sends the content of a file; the serializer says what the fields are."""

    id: int
    upload_url: str
    method: str
    headers: dict[str, str]
    expires_at: datetime


def reserve(*, user_id: int, tier: Tier, name: str, size: int) -> File:
    """Reserve exactly the bytes of a file that is going to be uploaded.

    Raises:
        DirectUploadUnavailable: the storage is a folder.
        FileTooLarge: it has more bytes than the tier allows.
        SessionEnded, FileSpaceUsedUp: as `keeping.reserve` raises them.
    """
    if not storage.takes_uploads():
        raise DirectUploadUnavailable
    if size > tier.file_bytes:
        raise too_large(tier.file_bytes)
    staging_key = f"{storage.PREFIX}{user_id}/staging/{uuid4().hex}"
    return keeping.reserve(user_id=user_id, tier=tier, name=name, size=size, staging_key=staging_key)


def offer(*, user_id: int, file_id: int, size: int) -> Offer:
    """Sign a URL for the content of a file, also once more. Whatever a client sends after the first is not kept.

    Raises:
        FileNotFound: the upload was given up, refused or outdated.
        StorageUnavailable: there is nothing to sign it with.
    """
    file = _begun(user_id, file_id)
    expires_at = timezone.now() + LIFETIME
    url = storage.upload_url(file.staging_key, size=size, lifetime=LIFETIME)
    return Offer(id=file.pk, upload_url=url, method="PUT", headers={"Content-Length": str(size)}, expires_at=expires_at)


def complete(*, user_id: int, tier: Tier, file_id: int) -> None:
    """Scan, inspect and keep what the client has uploaded; nothing, if that is done. Call it outside any transaction.

    Raises:
        FileNotFound: there is no such upload of the user's.
        UploadMissing: nothing was uploaded.
        UploadInProgress: another request completes it, or began to and was killed.
        UploadSizeWrong, FileRefused, FileSpaceUsedUp: nothing is left of it.
        ScannerUnavailable, UploadsBusy: it could not be checked, and is as it was.
        StorageUnavailable: it is as it was, or, if it could not be written, nothing is left of it.
    """
    file = _awaited(user_id, file_id)
    if file is None:
        return
    give_connection_back()
    with tempfile.TemporaryDirectory() as folder, turns.let_others_run():
        upload = Upload(name=file.name, path=Path(folder, "staged"))
        try:
            _fetch(file, upload.path)
            with keeping.checked(upload) as (name, inspected):
                _settle(file, tier, name, inspected)
                keeping.store(file, inspected.content)
        except (FileRefused, FileSpaceUsedUp):
            discarding.delete_refused(file_id=file.pk)
            raise
    with suppress(StorageUnavailable):  # purge does it later
        storage.delete(file.staging_key)


def _begun(user_id: int, file_id: int) -> File:
    begun = File.objects.filter(pk=file_id, user_id=user_id).exclude(staging_key="").exclude(state=State.DELETED)
    file = begun.first()
    if file is None:
        raise FileNotFound
    return file


def _awaited(user_id: int, file_id: int) -> File | None:
    """The file whose content is to be taken; None if it is ready."""
    file = _begun(user_id, file_id)
    if file.state == State.READY:
        return None
    if file.kind:
        raise UploadInProgress(retry_after=5)
    return file


def _fetch(file: File, target: Path) -> None:
    """Write what was uploaded to disk, but never much more than was reserved."""
    received = storage.fetch(file.staging_key, target, most=file.size + 1)
    if received is None:
        raise UploadMissing
    if received != file.size:
        raise UploadSizeWrong(f"It was said to have {file.size} bytes.", size=file.size)


def _settle(file: File, tier: Tier, name: str, inspected: Inspected) -> None:
    """Say what the file is, and count what is kept of it. Of two requests at once, the first is the only one to."""
    found = keeping.known(inspected)
    with transaction.atomic():
        if not File.objects.filter(pk=file.pk).awaited().update(name=name, **found):
            raise UploadInProgress(retry_after=1)
        space.correct(user_id=file.user_id, by=found["size"] - file.size, limit=tier.kept_file_bytes)
