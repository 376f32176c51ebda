"""Inspects an uploaded file in a process of its own, with limits of memory and time (`chatrooms.attachments.content`).

A picture of 50 megapixels takes half a gigabyte, and a parser may loop: neither may happen in `web`.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings

from chatrooms.attachments.content.refused import Reason
from chatrooms.attachments.exceptions import REFUSALS, UploadsBusy

log = structlog.get_logger(__name__)

LONGEST: Final = 30
"""Seconds of one inspection; its own limit of 20 seconds counts only the time that it computes."""

LONGEST_WAIT: Final = 30
"""Seconds that an upload waits for the inspections before it."""

_one_at_a_time = threading.Semaphore(1)
"""Per process of `web`, since each may take half a gigabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What a file is.

    Attributes:
        content: the file to keep: of a picture, a clean copy.
        ending: that its name has to have; empty if it may keep its own.
    """

    content: Path
    kind: str
    mime_type: str
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    seconds: float | None = None
    ending: str = ""


def inspect(*, source: Path, target: Path, name: str) -> Inspected:
    """Say what a file is; of a picture, write a clean copy to `target`.

    Raises:
        UploadsBusy: too many others are waiting.
        FileRefused: one of its kinds says why.
    """
    if not _one_at_a_time.acquire(timeout=LONGEST_WAIT):
        raise UploadsBusy(retry_after=10)
    try:
        found = _run(source, target, name)
    finally:
        _one_at_a_time.release()
    if reason := found.pop("refused", None):
        raise REFUSALS[reason]
    return Inspected(content=target if found["kind"] == "image" else source, **found)


def _run(source: Path, target: Path, name: str) -> dict[str, Any]:
    """The JSON of the process; without one, it was ended: by its limit of time, or because it ran out of memory."""
    command = [sys.executable, "-m", "chatrooms.attachments.content", str(source), str(target), name]
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(  # noqa: S603  no shell, and the name is an argument
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, timeout=LONGEST, check=True
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError, ValueError) as error:
        log.warning("file_inspection_ended", cause=type(error).__name__, code=getattr(error, "returncode", None))
        return {"refused": Reason.COMPLEX}
    return found
