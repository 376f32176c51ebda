"""`python -m chatrooms.attachments.content SOURCE TARGET NAME`: inspect one file and print what it is as JSON.

TARGET is written only for pictures. The JSON is `{"refused": code}`, or the fields of `Inspected`.
"""

import json
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from chatrooms.attachments.content import ambiguous, documents, pictures, sounds, texts
from chatrooms.attachments.content.refused import Reason, Refused
from chatrooms.attachments.content.types import HEAD, TEXT, FileType, check_ending, type_of

MEMORY: Final = 1024 * 1024 * 1024
"""Bytes of address space. A picture of 50 megapixels takes about half of it."""

CPU_SECONDS: Final = 20


def inspect(source: Path, target: Path, name: str) -> dict[str, Any]:
    """What a file is.

    Raises:
        Refused: it is none of the accepted types, or not what it seems.
    """
    with source.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Refused(Reason.EMPTY)
    found = type_of(head) or TEXT
    if found is TEXT:
        texts.check(source)
    check_ending(name, found)
    if found is not TEXT:
        ambiguous.check(source, found)
    return _measured(source, target, found)


def _measured(source: Path, target: Path, found: FileType) -> dict[str, Any]:
    if found.kind == "image":
        found, width, height = pictures.clean(source, target, found)
        return {**_shown(found), "width": width, "height": height, "ending": found.endings[0]}
    if found.kind == "pdf":
        return {**_shown(found), "pages": documents.pages_of(source)}
    if found.kind == "audio":
        return {**_shown(found), "seconds": sounds.seconds_of(source, found)}
    return _shown(found)


def _shown(found: FileType) -> dict[str, Any]:
    return {"kind": found.kind, "mime_type": found.mime_type}


def main(source: str, target: str, name: str) -> dict[str, Any]:
    """Inspect within the limits of memory and time; whatever a parser raises means that the file is damaged."""
    with suppress(ValueError, OSError):  # macOS does not limit the address space
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        return inspect(Path(source), Path(target), name)
    except Refused as refused:
        return {"refused": refused.reason}
    except (MemoryError, RecursionError):
        return {"refused": Reason.COMPLEX}
    except Exception:  # noqa: BLE001  a parser's bug, and the message may quote the file
        return {"refused": Reason.DAMAGED}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:4])))
