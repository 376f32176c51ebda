"""Files of two types at once, which another program would open as the other one."""

import zipfile
from pathlib import Path
from typing import Final

from chatrooms.attachments.content.refused import Reason, Refused
from chatrooms.attachments.content.types import PDF, FileType

SNIFFED: Final = 2048
"""Bytes at the start in which readers of PDF look for its mark (1024) and browsers for that of HTML (1445)."""

MARKUP: Final = (b"<!doctype html", b"<html", b"<svg", b"<script", b"<iframe", b"<body")
ARCHIVES: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
SCRIPTS: Final = (b"<?php", b"#!/bin/")
"""A PDF about programming may show them."""


def check(source: Path, found: FileType) -> None:
    """Refuse a file that is of a second type as well.

    Phones append data to their pictures (a short film, a second picture), so bytes after the end are no reason.

    Raises:
        Refused: it is also an archive, a page, a document or a script.
    """
    content = source.read_bytes()
    start = content[:SNIFFED].lower()
    is_page = any(mark in start for mark in MARKUP)
    is_document = found is not PDF and b"%pdf-" in start
    is_archive = zipfile.is_zipfile(source) or any(mark in content for mark in ARCHIVES)
    is_script = found is not PDF and any(mark in content for mark in SCRIPTS)
    if is_page or is_document or is_archive or is_script:
        raise Refused(Reason.AMBIGUOUS)
