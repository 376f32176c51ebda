"""How an upload is read, and where it is cut off."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import sessions, tokens
from accounts.models import Session, User
from chatrooms.attachments import uploads
from chatrooms.attachments.models import File
from config import wsgi
from tests.chatrooms.attachments.conftest import objects_in, post

BOUNDARY = "----form"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def form(content: bytes, *, name: str = "file", filename: str = "note.txt", copies: int = 1) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
    return (head.encode() + content + b"\r\n") * copies + f"--{BOUNDARY}--\r\n".encode()


class Endless:
    """A body that never ends, and how much of it was read."""

    def __init__(self) -> None:
        self.read_bytes = 0
        self._head = form(b"")[: -len(BOUNDARY) - 8]

    def read(self, size: int) -> bytes:
        self.read_bytes += size
        head, self._head = self._head[:size], self._head[size:]
        return head + b"x" * (size - len(head))

    readline = read


def send(bearer: str, body: Any, *, length: int | None = None, content_type: str = TYPE) -> tuple[int, bytes]:
    """POST /files as the server of `web` passes it on."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/files",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": content_type,
        "HTTP_AUTHORIZATION": bearer,
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
        "wsgi.errors": BytesIO(),
        **({"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}),
    }
    statuses: list[str] = []
    content = b"".join(wsgi.application(environ, lambda status, *_: statuses.append(status)))
    return int(statuses[0].split()[0]), content


@pytest.fixture
def bearer(transactional_db: None, alice: User) -> str:
    session = sessions.start(user=alice, method=Session.Method.CODE, user_agent="")
    return f"Bearer {tokens.pair_of(session).access}"


@pytest.fixture
def small(set_tier: Callable[..., None]) -> Iterator[None]:
    set_tier(file_bytes=100_000)
    yield
    set_tier(file_bytes=10_485_760)


def test_an_upload_without_a_length_is_kept(bearer: str, folder: Path) -> None:
    assert send(bearer, BytesIO(form(b"Hello")))[0] == 201
    assert [path.read_bytes() for path in objects_in(folder)] == [b"Hello"]


@pytest.mark.usefixtures("small")
def test_an_endless_upload_is_cut_off(bearer: str, folder: Path) -> None:
    body = Endless()
    status, content = send(bearer, body)
    assert (status, b'"file_too_large"' in content) == (413, True)
    assert body.read_bytes < 300_000
    assert (File.objects.count(), objects_in(folder)) == (0, [])


@pytest.mark.usefixtures("small")
def test_a_length_that_is_too_long_is_refused_unread(bearer: str) -> None:
    body = Endless()
    assert send(bearer, body, length=10**9)[0] == 413
    assert body.read_bytes == 0


def test_nothing_is_read_for_a_stranger(bearer: str) -> None:
    body = Endless()
    assert send("Bearer x", body)[0] == 401
    assert body.read_bytes == 0


def test_a_slow_upload_ends(bearer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LONGEST", -1)
    status, content = send(bearer, BytesIO(form(b"Hello")))
    assert (status, b'"upload_too_slow"' in content) == (408, True)


@pytest.mark.parametrize("missing", [1, 5, 30, 60])
def test_a_body_that_ends_too_early_is_refused(bearer: str, folder: Path, missing: int) -> None:
    """The client said more than it sent."""
    whole = form(b"Hello, this is a text.").rstrip()
    status, content = send(bearer, BytesIO(whole[:-missing]), length=len(whole))
    assert (status, b'"bad_request"' in content) == (400, True)
    assert objects_in(folder) == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (form(b"a", copies=2), TYPE),
        (form(b"a"), "multipart/form-data"),
        (form(b"a"), "multipart/form-data; boundary=" + "x" * 300),
        (b"", TYPE),
        (b"junk", TYPE),
    ],
)
def test_a_broken_form_is_refused(bearer: str, folder: Path, body: bytes, content_type: str) -> None:
    status, content = send(bearer, BytesIO(body), length=len(body), content_type=content_type)
    assert status in (400, 415), content
    assert (File.objects.count(), objects_in(folder)) == (0, [])


@pytest.mark.django_db
def test_other_fields_and_types_are_refused(client: APIClient) -> None:
    missing = client.post("/files", {"other": "x"}, format="multipart")
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (400, "file")
    text = client.post("/files", {"file": "x"}, format="multipart")
    assert text.json()["code"] == "invalid_input"
    assert client.post("/files", {"file": "x"}).json()["code"] == "unsupported_media_type"
    packed = post(client, b"Hello", "note.txt", **{"Content-Encoding": "gzip"})
    assert packed.json()["code"] == "unsupported_encoding"


@pytest.mark.django_db
@pytest.mark.usefixtures("small")
def test_a_file_may_have_exactly_the_tiers_bytes(client: APIClient) -> None:
    assert post(client, b"x" * 100_000, "note.txt").status_code == 201
    refused = post(client, b"x" * 100_001, "note.txt")
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (413, "file_too_large", 100_000)


@pytest.mark.django_db
@pytest.mark.parametrize(("mine", "others"), [(uploads.AT_ONCE_OF_USER, 0), (0, uploads.AT_ONCE)])
def test_too_many_uploads_at_once_are_refused(client: APIClient, alice: User, mine: int, others: int) -> None:
    with ExitStack() as held:
        for user_id in [alice.pk] * mine + [-number for number in range(others)]:
            held.enter_context(uploads.slot(user_id=user_id))
        response = post(client, b"Hello", "note.txt")
    assert (response.status_code, response.json()["code"]) == (503, "uploads_busy")
    assert "Retry-After" in response
    assert post(client, b"Hello", "note.txt").status_code == 201
    assert uploads._taken.total() == 0


@pytest.mark.django_db
def test_uploads_have_a_burst_limit(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrooms.limits.UploadLimit.rate", 1)
    assert [post(client, b"Hello", "a.txt").status_code for _ in range(2)] == [201, 429]
