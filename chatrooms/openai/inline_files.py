"""Files within a request, as data: URLs or base64. They are kept as uploads are, and attached to the message."""

import base64
import binascii
import mimetypes
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from rest_framework.exceptions import ValidationError

from billing.models import Tier
from chatrooms.attachments import keeping, uploads
from chatrooms.attachments.serializers import clean_name
from chatrooms.openai.errors import InvalidParameter

DATA_URL: Final = re.compile(r"data:(?P<kind>[\w.+-]+/[\w.+-]+)(?:;[\w.+-]+=[^;,]*)*;base64,(?P<data>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineFile:
    """A decoded file; `name` has the ending that its type is told by."""

    name: str
    content: bytes


def of_url(url: str, *, name: str = "", param: str) -> InlineFile:
    """Decode a data: URL.

    Raises:
        InvalidParameter: it is another URL, which would have to be fetched, or not base64.
    """
    match = DATA_URL.fullmatch(url)
    if match is None:
        raise InvalidParameter("Only data: URLs with base64 are supported; send the content itself.", param=param)
    ending = mimetypes.guess_extension(match["kind"]) or ""
    return of_base64(match["data"], name=name or f"file{ending}", param=param)


def of_base64(text: str, *, name: str, param: str) -> InlineFile:
    """Decode base64.

    Raises:
        InvalidParameter: it is not base64, or the name shows nothing.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidParameter("It is not valid base64.", param=param) from None
    return InlineFile(name=_clean(name, param=param), content=content)


def _clean(name: str, *, param: str) -> str:
    """A name as an upload has it, without folders."""
    try:
        return clean_name(PurePosixPath(name.replace("\\", "/")).name)
    except ValidationError:
        raise InvalidParameter("The file needs a name.", param=param) from None


def of_either(*, data: str | None, name: str | None, file_id: str | None, param: str) -> InlineFile | int:
    """A file within the request, or the id of one that was uploaded at /files.

    Raises:
        InvalidParameter: it is neither, or both.
    """
    if (data is None) == (file_id is None):
        raise InvalidParameter("Either the data of a file, or the id of one.", param=param)
    if data is not None:
        if data.startswith("data:"):
            return of_url(data, name=name or "", param=f"{param}.file_data")
        return of_base64(data, name=name or "", param=f"{param}.file_data")
    assert file_id is not None
    number = file_id.removeprefix("file-")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise InvalidParameter("There is no such file.", param=f"{param}.file_id")
    return int(number)


def keep(*, user_id: int, tier: Tier, files: Sequence[InlineFile]) -> list[int]:
    """Check and keep the files; call it outside any transaction. What no message gets is swept.

    Raises:
        FileTooLarge: one has more bytes than the tier allows.
        FileRefused, ScannerUnavailable, UploadsBusy, FileSpaceUsedUp, StorageUnavailable: as `keeping.take` raises
            them.
    """
    kept = []
    for file in files:
        if len(file.content) > tier.file_bytes:
            raise uploads.too_large(tier.file_bytes)
        with uploads.slot(user_id=user_id), tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "upload")
            path.write_bytes(file.content)
            upload = uploads.Upload(name=file.name, path=path)
            kept.append(keeping.take(user_id=user_id, tier=tier, upload=upload).pk)
    return kept
