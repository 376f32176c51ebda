"""Gemini's Files API: resumable uploads, files that expire after 48 hours, and a record of them."""

import base64
import hashlib
import itertools
import re
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.doubles.gemini import payloads
from tests.doubles.gemini.http import Exchange, Request

START = re.compile(r"/upload/(v1|v1beta|v1alpha)/files")
UPLOAD = re.compile(r"/upload-here/(?P<name>[a-z0-9-]+)")
FILE = re.compile(r"/(v1|v1beta|v1alpha)/files/(?P<name>[a-z0-9-]+)")
KEPT_FOR = timedelta(hours=48)


@dataclass(kw_only=True)
class StoredFile:
    """One upload. `state` is PENDING until its bytes are there, and GONE after a deletion or 48 hours."""

    name: str
    mime_type: str
    size: int
    sha256: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    state: str = "PENDING"
    received: int = 0
    processing: int = 0

    def as_json(self, origin: str) -> dict[str, Any]:
        return {
            "name": f"files/{self.name}",
            "uri": f"{origin}/v1beta/files/{self.name}",
            "mimeType": self.mime_type,
            "sizeBytes": str(self.size),
            "sha256Hash": base64.b64encode(self.sha256.encode()).decode(),
            "createTime": _time(self.created),
            "expirationTime": _time(self.created + KEPT_FOR),
            "state": self.state,
        }


class Files:
    """The files that the double keeps, and kept.

    `processing` is how often a new file is asked for before it is ready; `fails` lets processing fail.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._digests: dict[str, Any] = {}
        self._numbers = itertools.count(1)
        self.processing = 0
        self.fails = False

    def control(self, method: str, settings: dict[str, Any] | None) -> list[dict[str, Any]]:
        """Do what a test asks for, and return the files."""
        if method == "DELETE":
            self.forget()
        for name, value in (settings or {}).items():
            setattr(self, name, value)
        return [asdict(file) | {"created": file.created.isoformat()} for file in self._files.values()]

    @property
    def age(self) -> int:
        """Hours that are let pass, as a setting."""
        return 0

    @age.setter
    def age(self, hours: int) -> None:
        for file in self._files.values():
            file.created -= timedelta(hours=hours)

    def has(self, uri: str) -> bool:
        file = self._files.get(uri.rpartition("/")[2])
        return file is not None and file.state == "ACTIVE" and file.created + KEPT_FOR > datetime.now(UTC)

    def _is_there(self, file: StoredFile) -> bool:
        return file.state != "GONE" and file.created + KEPT_FOR > datetime.now(UTC)

    def matches(self, path: str) -> bool:
        return any(route.fullmatch(path) for route in (START, UPLOAD, FILE))

    async def handle(self, request: Request, exchange: Exchange) -> None:
        origin = f"http://{request.headers['host']}"
        if START.fullmatch(request.path):
            await self._start(request, exchange, origin)
        elif route := UPLOAD.fullmatch(request.path):
            await self._receive(request, exchange, route["name"], origin)
        elif route := FILE.fullmatch(request.path):
            await self._find_or_delete(request, exchange, route["name"], origin)

    async def _start(self, request: Request, exchange: Exchange, origin: str) -> None:
        if request.headers.get("x-goog-upload-command") != "start":
            await exchange.respond_json(status=400, body=payloads.error_body(status=400, message="No start."))
            return
        name = f"file-{next(self._numbers)}"
        self._files[name] = StoredFile(
            name=name,
            mime_type=request.headers["x-goog-upload-header-content-type"],
            size=int(request.headers["x-goog-upload-header-content-length"]),
        )
        self._digests[name] = hashlib.sha256()
        headers = [f"X-Goog-Upload-URL: {origin}/upload-here/{name}", "X-Goog-Upload-Status: active"]
        await exchange.respond_json(status=200, body={}, headers=headers)

    async def _receive(self, request: Request, exchange: Exchange, name: str, origin: str) -> None:
        file = self._files[name]
        if int(request.headers.get("x-goog-upload-offset", -1)) != file.received:
            await exchange.respond_json(status=400, body=payloads.error_body(status=400, message="Not the next byte."))
            return
        file.received += len(request.body)
        self._digests[name].update(request.body)
        if "finalize" not in request.headers.get("x-goog-upload-command", ""):
            await exchange.respond_json(status=200, body={}, headers=["X-Goog-Upload-Status: active"])
            return
        if file.received != file.size:
            await exchange.respond_json(status=400, body=payloads.error_body(status=400, message="Not all of it."))
            return
        file.sha256 = self._digests[name].hexdigest()
        file.state, file.processing = "PROCESSING" if self.processing or self.fails else "ACTIVE", self.processing
        headers = ["X-Goog-Upload-Status: final"]
        await exchange.respond_json(status=200, body={"file": file.as_json(origin)}, headers=headers)

    async def _find_or_delete(self, request: Request, exchange: Exchange, name: str, origin: str) -> None:
        file = self._files.get(name)
        if file is None or not self._is_there(file):
            message = f"You do not have permission to access the File {name} or it may not exist."
            await exchange.respond_json(status=403, body=payloads.error_body(status=403, message=message))
            return
        if request.method == "DELETE":
            file.state = "GONE"
            await exchange.respond_json(status=200, body={})
            return
        file.processing -= 1
        if file.state == "PROCESSING" and file.processing <= 0:
            file.state = "FAILED" if self.fails else "ACTIVE"
        await exchange.respond_json(status=200, body=file.as_json(origin))


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
