"""Deletes files: the object and Google's copy first, then the row, so that each of them has a row that tells of it.

A message that is deleted only leaves its files without a message: the sweep finds them within a minute. It also finds
what a killed process left. All of it can be repeated, and run twice at once.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import structlog
from django.db.models import QuerySet
from django.utils import timezone

from chatrooms.attachments import space, storage
from chatrooms.attachments.exceptions import FileAttached, FileNotFound, StorageUnavailable
from chatrooms.attachments.models import UPLOAD_TAKES_AT_MOST, File, State
from gemini import files as google_files
from gemini.exceptions import ProviderError

log = structlog.get_logger(__name__)

BATCH: Final = 500


def delete(*, user_id: int, file_id: int) -> None:
    """Delete a file that no message has, or give up a direct upload.

    Raises:
        FileNotFound: it is not one of the user's.
        FileAttached: a message has it.
    """
    of_user = File.objects.filter(pk=file_id, user_id=user_id)
    mine = of_user.filter(state=State.READY) | of_user.awaited()
    if not mine.filter(attached_at=None).update(state=State.DELETED):
        raise FileAttached if mine.filter(message__isnull=False).exists() else FileNotFound
    with suppress(StorageUnavailable):  # the sweep does it later
        _discard(File.objects.filter(pk=file_id))


def delete_refused(*, file_id: int) -> None:
    """Delete a direct upload that was refused, unless another request took it meanwhile."""
    with suppress(StorageUnavailable):  # the sweep does it later
        _discard(File.objects.filter(pk=file_id).awaited())


def delete_all_of(*, user_id: int) -> None:
    """Delete what is stored for a user whose messages are deleted, also objects that have no row.

    Raises:
        StorageUnavailable: some is still there.
    """
    _discard(File.objects.filter(user_id=user_id))
    for key, _ in storage.walk(f"{storage.PREFIX}{user_id}/"):
        storage.delete(key)


def sweep() -> int:
    """Delete the files that are outdated; how many."""
    return _sweep(File.objects.outdated())


def purge(files: QuerySet[Any]) -> int:
    """Delete these files, and all objects that have no row; how many files. It lists the whole storage."""
    deleted = _sweep(files)
    with suppress(StorageUnavailable):
        strays = _delete_strays()
        if strays:
            log.warning("stray_objects_deleted", number=strays)
    return deleted


def _sweep(files: QuerySet[Any]) -> int:
    before = files.count()
    with suppress(StorageUnavailable):  # it was logged, and the next sweep goes on
        return _discard(files)
    return before - files.count()


def _discard(files: QuerySet[Any]) -> int:
    """Mark each file as deleted, unless it was attached just now, then delete its object and its row.

    Raises:
        StorageUnavailable: some is still there. Copies at Google that cannot be deleted do not keep the others.
    """
    discarded = last = left = 0
    while page := list(files.filter(pk__gt=last).order_by("pk")[:BATCH]):
        for file in page:
            if files.filter(pk=file.pk, message=None).update(state=State.DELETED):
                storage.delete(file.key)
                if file.staging_key:
                    storage.delete(file.staging_key)
                if not _is_gone_at_google(file):
                    left += 1
                    continue
                space.remove(file_id=file.pk)
                discarded += 1
        last = page[-1].pk
    if left:
        raise StorageUnavailable(retry_after=10)
    return discarded


def _is_gone_at_google(file: File) -> bool:
    """Delete Google's copy; False if it may still be there. The row then stays, so that it is attempted again."""
    if file.google_expires_at is None or file.google_expires_at < timezone.now():
        return True
    try:
        google_files.delete(file.google_name)
    except ProviderError as error:
        log.warning("file_not_deleted_at_provider", file_id=file.pk, error=error.code)
        return False
    return True


def _delete_strays() -> int:
    """Delete the objects without a row. A row comes before its object, so it is not missing because it is late."""
    deleted = 0
    for keys in _old_keys():
        known = set(File.objects.filter(key__in=keys).values_list("key", flat=True))
        for key in keys:
            if key not in known:
                storage.delete(key)
                deleted += 1
    return deleted


def _old_keys() -> Iterator[list[str]]:
    """The keys of all objects but the newest, in batches."""
    before, batch = timezone.now() - UPLOAD_TAKES_AT_MOST, []
    for key, written_at in storage.walk():
        if written_at < before:
            batch.append(key)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch
