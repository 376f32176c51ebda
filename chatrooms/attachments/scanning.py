"""The virus scanner: clamd's INSTREAM command over TCP (clamd(8)). Without `FILES_CLAMD` nothing is scanned."""

import socket
import struct
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings

from chatrooms.attachments.exceptions import FileInfected, ScannerUnavailable

log = structlog.get_logger(__name__)

TIMEOUT: Final = 20
"""Seconds for the connection, and for each read and write."""

CHUNK: Final = 64 * 1024
LONGEST_RESPONSE: Final = 4096


def scan(path: Path) -> None:
    """Send a file to the scanner.

    Raises:
        FileInfected: the scanner knows it.
        ScannerUnavailable: the scanner does not answer, or not as expected. The file is not taken then.
    """
    if not settings.FILES_CLAMD:
        return
    try:
        verdict = _verdict(path)
    except OSError as error:
        log.error("file_scanner_failed", cause=type(error).__name__)
        raise ScannerUnavailable(retry_after=10) from None
    if verdict == "stream: OK":
        return
    if verdict.startswith("stream: ") and verdict.endswith(" FOUND"):
        log.warning("file_infected")
        raise FileInfected
    log.error("file_scanner_failed", cause="response")
    raise ScannerUnavailable(retry_after=10)


def _verdict(path: Path) -> str:
    host, _, port = settings.FILES_CLAMD.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), TIMEOUT) as link, path.open("rb") as file:
        link.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            link.sendall(struct.pack("!I", len(chunk)) + chunk)
        link.sendall(struct.pack("!I", 0))
        response = b""
        while not response.endswith(b"\0") and len(response) < LONGEST_RESPONSE and (part := link.recv(1024)):
            response += part
    return response.rstrip(b"\0\n").decode("ascii", "replace")
