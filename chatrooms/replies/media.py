"""The files of a conversation, as the model gets them: within the call, or by a copy that Google keeps for 48 hours."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import connections
from django.utils import timezone

from chatrooms.attachments import storage
from chatrooms.attachments.models import File, Kind, State
from gemini import files as google_files
from gemini.exceptions import FileNotReady, ProviderError
from gemini.tokens import TOKENS_PER_PAGE, TOKENS_PER_PICTURE, TOKENS_PER_SECOND_OF_AUDIO
from gemini.types import Media, Prompt

log = structlog.get_logger(__name__)

Shown = Mapping[str, Any]
"""A file as its message shows it (`chatrooms.attachments.attaching.SHOWN`)."""

INLINE_PER_CALL: Final = 4
"""Times GEMINI_INLINE_BYTES: what all files of one call may have within it. 64 calls at once hold them in memory."""

BYTES_PER_TOKEN: Final = 3
"""Of a text: four characters of English, or one letter of an Indian script."""

LEFT_AT_LEAST: Final = timedelta(hours=1)
"""A copy at Google that ends sooner is not used: a call may wait in the queue, or take long."""


def tokens_of(files: Iterable[Shown]) -> int:
    """An estimate of what the model counts for them."""
    return sum(_tokens(file) for file in files)


def _tokens(file: Shown) -> int:
    match Kind(file["kind"]):
        case Kind.IMAGE:
            return TOKENS_PER_PICTURE
        case Kind.PDF:
            return TOKENS_PER_PAGE * int(file["pages"])
        case Kind.AUDIO:
            return TOKENS_PER_SECOND_OF_AUDIO * (int(file["seconds"]) + 1)
        case Kind.TEXT:
            return -(-int(file["size"]) // BYTES_PER_TOKEN)


def with_media(prompt: Prompt, files: Sequence[Sequence[Shown]], *, check: Callable[[], None]) -> Prompt:
    """The prompt with the files of its turns. Not in a transaction: files are read, and uploaded to Google.

    Args:
        prompt: without media.
        files: those of each turn.
        check: raises when the prompt is no longer wanted; called before each file.

    Raises:
        StorageUnavailable: the objects cannot be read.
        FileNotReady: it takes longer than GEMINI_TOTAL_TIMEOUT; what was uploaded until then is kept.
        ProviderError: Google does not take one.
    """
    ids = {file["id"] for each in files for file in each}
    if not ids:
        return prompt
    there = File.objects.filter(state=State.READY).in_bulk(ids)
    connections.close_all()  # reading and uploading take seconds, and need no database
    left = settings.GEMINI_INLINE_BYTES * INLINE_PER_CALL
    deadline = time.monotonic() + settings.GEMINI_TOTAL_TIMEOUT
    turns = []
    for turn, shown in zip(prompt.turns, files, strict=True):
        media = []
        for summary in shown:
            check()
            if time.monotonic() > deadline:
                raise FileNotReady(cause="deadline")
            file = there.get(summary["id"])
            if file is None:  # its message is being deleted
                continue
            is_inline = file.size <= min(settings.GEMINI_INLINE_BYTES, left)
            left -= file.size if is_inline else 0
            media.append(_inline(file, summary) if is_inline else _at_google(file, summary))
        turns.append(replace(turn, media=tuple(media)))
    return replace(prompt, turns=tuple(turns))


def forget_copies(files: Sequence[Sequence[Shown]]) -> None:
    """Have these files uploaded again: Google no longer has one of them. The others are deleted there first."""
    ids = [file["id"] for each in files for file in each]
    copied = File.objects.filter(pk__in=ids, google_expires_at__isnull=False)
    for name in list(copied.values_list("google_name", flat=True)):
        with suppress(ProviderError):
            google_files.delete(name)
    copied.update(google_name="", google_uri="", google_expires_at=None)


def _inline(file: File, shown: Shown) -> Media:
    return Media(mime_type=file.mime_type, tokens=_tokens(shown), data=storage.read(file.key))


def _at_google(file: File, shown: Shown) -> Media:
    if file.google_expires_at is None or file.google_expires_at < timezone.now() + LEFT_AT_LEAST:
        _upload(file)
    return Media(mime_type=file.mime_type, tokens=_tokens(shown), url=file.google_uri)


def _upload(file: File) -> None:
    """Give Google a copy, and remember it; if the file is deleted meanwhile, so is the copy."""
    with storage.open_content(file.key) as content:
        made = google_files.upload(content, size=file.size, mime_type=file.mime_type)
    file.google_name, file.google_uri = made.name, made.url
    file.google_expires_at = made.expires_at or timezone.now() + google_files.KEPT_FOR
    kept = File.objects.filter(pk=file.pk, message__isnull=False).update(
        google_name=file.google_name, google_uri=file.google_uri, google_expires_at=file.google_expires_at
    )
    connections.close_all()
    log.info("file_uploaded_to_provider", file_id=file.pk, size=file.size)
    if not kept:
        google_files.delete(made.name)
