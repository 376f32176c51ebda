"""Files that are too large for the body of a call: Google keeps them for 48 hours, and calls name them.

https://ai.google.dev/gemini-api/docs/files
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import IO, Final, TypeVar

from gemini.exceptions import FileGone, FileNotReady, ModelNotFound, ProviderError
from gemini.provider import Config, Provider
from gemini.registry import provider_for
from gemini.types import RemoteFile

KEPT_FOR: Final = timedelta(hours=48)
"""How long Google keeps a file, if it does not say so."""

ACTIVE: Final = "ACTIVE"
FAILED: Final = "FAILED"

MAX_PROCESSING: Final = 60.0
"""Seconds to wait for Google to have read a file: pictures and PDFs take none, an hour of audio a few."""

PAUSE: Final = 0.5

Outcome = TypeVar("Outcome")


def upload(content: IO[bytes], *, size: int, mime_type: str) -> RemoteFile:
    """Upload a file and wait until calls may name it. Not in a transaction.

    Args:
        content: is read once, from where it is to its end.
        size: its bytes.
        mime_type: as Google names it.

    Raises:
        FileNotReady: Google cannot read it, or takes too long.
        ProviderError: the upload failed.
    """
    provider = provider_for(Config.from_settings())
    made = _translated(provider, lambda: provider.upload(content, size=size, mime_type=mime_type))
    deadline = time.monotonic() + MAX_PROCESSING
    try:
        while made.state != ACTIVE:
            if made.state == FAILED or time.monotonic() > deadline:
                raise FileNotReady(cause=made.state)
            time.sleep(PAUSE)
            made = _translated(provider, partial(provider.find_file, made.name))
    except ProviderError:
        with suppress(ProviderError):
            delete(made.name)
        raise
    return made


def delete(name: str) -> None:
    """Have Google delete a file; it may be gone already.

    Raises:
        ProviderError: it is not known whether it is gone.
    """
    provider = provider_for(Config.from_settings())
    with suppress(FileGone, ModelNotFound):
        _translated(provider, lambda: provider.delete_file(name))


def _translated(provider: Provider, call: Callable[[], Outcome]) -> Outcome:
    """Make a call; raise its failures as ours, without the SDK's error, whose text may hold private data."""
    try:
        return call()
    except ProviderError as error:
        failure = error
    except Exception as error:  # noqa: BLE001  # as in `gemini.reply_stream`
        failure = provider.classify(error)
    raise failure
