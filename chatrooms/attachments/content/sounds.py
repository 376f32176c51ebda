"""Audio: how long it lasts."""

import math
import re
from io import BytesIO
from pathlib import Path
from typing import Final

from tinytag import TinyTag, TinyTagException

from chatrooms.attachments.content.refused import Reason, Refused
from chatrooms.attachments.content.types import AAC, M4A, FileType

MAX_SECONDS: Final = 9.5 * 3600
"""The most that Gemini hears in one prompt."""

VIDEO_TRACK: Final = re.compile(rb"hdlr.{8}vide", re.DOTALL)
"""In MP4, where audio and video share a format."""

AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
AAC_SAMPLES: Final = 1024
"""Of one frame."""


def seconds_of(source: Path, found: FileType) -> float:
    """How long a file sounds.

    Raises:
        Refused: it is a film, is damaged, or lasts too long.
    """
    content = source.read_bytes()
    if found is M4A and VIDEO_TRACK.search(content):
        raise Refused(Reason.TYPE)
    seconds = _seconds_of_frames(content) if found is AAC else _seconds_of_tags(content)
    if not seconds or not math.isfinite(seconds) or seconds < 0:
        raise Refused(Reason.DAMAGED)
    if seconds > MAX_SECONDS:
        raise Refused(Reason.LENGTH)
    return round(seconds, 3)


def _seconds_of_tags(content: bytes) -> float | None:
    try:
        return TinyTag.get(file_obj=BytesIO(content), tags=False).duration
    except (TinyTagException, ValueError, KeyError, IndexError, ZeroDivisionError, OSError):
        raise Refused(Reason.DAMAGED) from None


def _seconds_of_frames(content: bytes) -> float:
    """Of raw AAC (ADTS, ISO/IEC 13818-7 section 6.2), which TinyTag does not read: every frame says its length."""
    at, seconds = 0, 0.0
    while at + 7 <= len(content):
        if content[at] != 0xFF or content[at + 1] & 0xF6 != 0xF0:
            break
        rate, length = (
            content[at + 2] >> 2 & 15,
            (content[at + 3] & 3) << 11 | content[at + 4] << 3 | content[at + 5] >> 5,
        )
        if rate >= len(AAC_RATES) or length < 7:
            break
        at, seconds = at + length, seconds + AAC_SAMPLES / AAC_RATES[rate]
    return seconds if at >= len(content) - 7 else 0.0
