"""PDF: how many pages it has, and that it does nothing but show them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from chatrooms.attachments.content.refused import Reason, Refused

MAX_PAGES: Final = 1000
"""The most that Gemini reads of a document."""

MAX_OBJECTS: Final = 200_000

ACTIVE_KEYS: Final = frozenset(
    {"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMediaContent", "/RichMediaSettings"}
)
ACTIVE_ACTIONS: Final = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute"})


def pages_of(source: Path) -> int:
    """How many pages a PDF has.

    Raises:
        Refused: it is encrypted, damaged, too long or too complex; it has a script, a file inside, or an action that
            starts a program or sends a form.
    """
    try:
        with source.open("rb") as file:
            reader = PdfReader(file)
            if reader.is_encrypted:
                raise Refused(Reason.ENCRYPTED)
            if any(_is_active(each) for each in _dictionaries(reader)):
                raise Refused(Reason.ACTIVE)
            pages = len(reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError):
        raise Refused(Reason.DAMAGED) from None
    if not pages:
        raise Refused(Reason.DAMAGED)
    if pages > MAX_PAGES:
        raise Refused(Reason.LENGTH)
    return pages


def _is_active(found: DictionaryObject) -> bool:
    action = found.get("/S")
    return not ACTIVE_KEYS.isdisjoint(found) or (isinstance(action, str) and action in ACTIVE_ACTIONS)


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, also of objects that nothing refers to."""
    numbers = {(number, generation) for generation, each in reader.xref.items() for number in each}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > MAX_OBJECTS:
        raise Refused(Reason.COMPLEX)
    rest: list[Any] = [reader.trailer]
    for number, generation in sorted(numbers):
        rest.append(reader.get_object(IndirectObject(number, generation, reader)))
        while rest:
            each = rest.pop()
            if isinstance(each, DictionaryObject):
                yield each
                rest.extend(dict.values(each))
            elif isinstance(each, ArrayObject):
                rest.extend(list.__iter__(each))
