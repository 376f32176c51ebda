"""Which types of file there are, told by their first bytes.

The list is closed and short, and libraries that know hundreds of types miss some of ours: MP3 of MPEG-2, HEIC of some
phones. Each type's own parser then confirms what the first bytes say.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from chatrooms.attachments.content.refused import Reason, Refused

Kind = Literal["image", "pdf", "text", "audio"]

HEAD: Final = 64
"""Bytes that tell the type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileType:
    """A type that is accepted.

    Attributes:
        endings: those that a name may have, in lower case.
        begins: whether a file that begins with these bytes may be one.
    """

    kind: Kind
    mime_type: str
    endings: tuple[str, ...]
    begins: Callable[[bytes], bool]


def _with(pattern: bytes) -> Callable[[bytes], bool]:
    found = re.compile(pattern, re.DOTALL)
    return lambda head: found.match(head) is not None


JPEG: Final = FileType(
    kind="image", mime_type="image/jpeg", endings=("jpg", "jpeg", "jfif"), begins=_with(rb"\xff\xd8\xff")
)
PNG: Final = FileType(kind="image", mime_type="image/png", endings=("png",), begins=_with(rb"\x89PNG\r\n\x1a\n"))
WEBP: Final = FileType(kind="image", mime_type="image/webp", endings=("webp",), begins=_with(rb"RIFF.{4}WEBP"))
HEIC: Final = FileType(
    kind="image",
    mime_type="image/heic",
    endings=("heic", "heif"),
    begins=_with(rb".{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)"),
)
PDF: Final = FileType(kind="pdf", mime_type="application/pdf", endings=("pdf",), begins=_with(rb"%PDF-[12]\.\d"))
WAV: Final = FileType(kind="audio", mime_type="audio/wav", endings=("wav", "wave"), begins=_with(rb"RIFF.{4}WAVE"))
OGG: Final = FileType(kind="audio", mime_type="audio/ogg", endings=("ogg", "oga", "opus"), begins=_with(rb"OggS\0"))
FLAC: Final = FileType(kind="audio", mime_type="audio/flac", endings=("flac",), begins=_with(rb"fLaC"))
M4A: Final = FileType(
    kind="audio",
    mime_type="audio/mp4",
    endings=("m4a", "m4b", "mp4", "aac"),
    begins=_with(rb".{4}ftyp(M4A |M4B |mp4[12]|isom|iso[2-9]|dash|3gp\d)"),
)
AAC: Final = FileType(kind="audio", mime_type="audio/aac", endings=("aac",), begins=_with(rb"\xff[\xf0\xf1\xf8\xf9]"))
MP3: Final = FileType(
    kind="audio",
    mime_type="audio/mpeg",
    endings=("mp3",),
    begins=_with(rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"),
)
TEXT: Final = FileType(kind="text", mime_type="text/plain", endings=(), begins=lambda _: False)

BINARY: Final = (JPEG, PNG, WEBP, HEIC, PDF, WAV, OGG, FLAC, M4A, AAC, MP3)
NOT_OF_TEXT: Final = frozenset(
    {ending for each in BINARY for ending in each.endings}
    | {"html", "htm", "xhtml", "xht", "shtml", "mht", "mhtml", "svg", "svgz", "swf", "hta"}
    | {"gif", "bmp", "ico", "tif", "tiff", "avif", "jxl", "psd", "mov", "avi", "mkv", "webm", "wmv", "wma", "aiff"}
    | {"zip", "gz", "tgz", "bz2", "xz", "7z", "rar", "tar", "jar", "apk", "iso", "dmg"}
    | {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "epub"}
    | {"exe", "dll", "com", "scr", "msi", "lnk", "bin", "so", "class", "pyc", "wasm", "ttf", "otf", "woff", "woff2"}
)
"""Endings of files that are no text, whatever is in this one, and of pages that a browser would run."""


def type_of(head: bytes) -> FileType | None:
    """The type that a file's first `HEAD` bytes say; None for what may be text, or is nothing that is accepted."""
    return next((each for each in BINARY if each.begins(head)), None)


def check_ending(name: str, found: FileType) -> None:
    """Refuse a name that says another type: it misleads whoever opens the file later. No ending is no lie.

    Raises:
        Refused: the ending belongs to another type.
    """
    stem, dot, ending = name.rpartition(".")
    if not (stem and dot):
        return
    ending = ending.lower()
    if ending in NOT_OF_TEXT if found is TEXT else ending not in found.endings:
        raise Refused(Reason.ENDING)
