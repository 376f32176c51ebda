"""Each accepted kind of file is kept, measured, and given back."""

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image
from rest_framework.test import APIClient

from chatrooms.attachments.models import File
from tests.chatrooms.attachments import samples
from tests.chatrooms.attachments.conftest import objects_in, post

pytestmark = pytest.mark.django_db

CODE = "def größe() -> int:\n\treturn 1 << 3  # <b>bold</b>\n".encode()


@pytest.mark.parametrize(
    ("name", "content", "kind", "mime_type", "measures"),
    [
        ("a.jpg", samples.picture("JPEG"), "image", "image/jpeg", {"width": 64, "height": 32}),
        ("a.JPEG", samples.picture("JPEG", mode="CMYK"), "image", "image/jpeg", {"width": 64, "height": 32}),
        ("a.png", samples.picture("PNG", mode="RGBA"), "image", "image/png", {"width": 64, "height": 32}),
        ("grey.png", samples.picture("PNG", mode="I;16"), "image", "image/png", {"width": 64, "height": 32}),
        ("palette.png", samples.picture("PNG", mode="P"), "image", "image/png", {"width": 64, "height": 32}),
        ("a.webp", samples.picture("WEBP"), "image", "image/webp", {"width": 64, "height": 32}),
        ("large.png", samples.picture("PNG", size=(5000, 2500)), "image", "image/png", {"width": 4096, "height": 2048}),
        ("a.pdf", samples.pdf(3), "pdf", "application/pdf", {"pages": 3}),
        ("link.pdf", samples.pdf_with_link(), "pdf", "application/pdf", {"pages": 1}),
        ("a.wav", samples.wav(0.5), "audio", "audio/wav", {"seconds": 0.5}),
        ("a.mp3", samples.mp3(40), "audio", "audio/mpeg", {"seconds": 1.045}),
        ("a.aac", samples.aac(50), "audio", "audio/aac", {"seconds": 1.161}),
        ("a.flac", samples.flac(2), "audio", "audio/flac", {"seconds": 2.0}),
        ("a.ogg", samples.ogg(2), "audio", "audio/ogg", {"seconds": 2.0}),
        ("a.m4a", samples.m4a(seconds=3), "audio", "audio/mp4", {"seconds": 3.0}),
        ("code.py", CODE, "text", "text/plain", {}),
        ("types.ts", b"export type A = string;\n", "text", "text/plain", {}),
        ("README", b"\xef\xbb\xbfHello\r\n", "text", "text/plain", {}),
        ("page.md", b"<div align=center>\n\n# Title\n", "text", "text/plain", {}),
        ("data.xml", b"<?xml version='1.0'?>\n<rows/>\n", "text", "text/plain", {}),
    ],
)
def test_a_file_is_kept_and_given_back(
    name: str, content: bytes, kind: str, mime_type: str, measures: dict[str, float], client: APIClient, folder: Path
) -> None:
    response = post(client, content, name)
    assert response.status_code == 201, response.json()
    made = response.json()
    assert (made["kind"], made["mime_type"], made["name"], made["message_id"]) == (kind, mime_type, name, None)
    none = dict.fromkeys(("width", "height", "pages", "seconds"))
    assert {key: made[key] for key in none} == none | measures
    assert client.get(f"/files/{made['id']}").json()["sha256"] == made["sha256"]
    given = client.get(f"/files/{made['id']}/content")
    body = b"".join(given.streaming_content)
    assert given["Content-Type"].partition(";")[0] == mime_type
    assert (len(body), hashlib.sha256(body).hexdigest()) == (made["size"], made["sha256"])
    assert [path.read_bytes() for path in objects_in(folder)] == [body]
    assert kind == "image" or body == content


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_photo_is_upright_and_says_nothing_of_its_place(client: APIClient, folder: Path, orientation: int) -> None:
    photo = samples.photo(orientation=orientation)
    assert b"Canary" in photo
    made = post(client, photo, "photo.jpg").json()
    assert (made["width"], made["height"]) == ((32, 64) if orientation == 6 else (64, 32))
    (kept,) = objects_in(folder)
    with Image.open(kept) as picture:
        assert dict(picture.getexif()) == {}
        assert picture.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Canary" not in kept.read_bytes()


@pytest.mark.parametrize(("kind", "name"), [("WEBP", "moving.webp"), ("PNG", "moving.png")])
def test_of_an_animation_the_first_frame_is_kept(client: APIClient, folder: Path, kind: str, name: str) -> None:
    assert post(client, samples.animation(kind), name).status_code == 201
    with Image.open(io.BytesIO(objects_in(folder)[0].read_bytes())) as picture:
        assert getattr(picture, "n_frames", 1) == 1
        red, _, blue = picture.convert("RGB").getpixel((8, 8))
        assert red > 200 > blue


def test_a_photo_of_a_phone_is_kept_as_jpeg(client: APIClient, folder: Path) -> None:
    assert b"Canary" in samples.heic()
    made = post(client, samples.heic(), "IMG_1.HEIC").json()
    assert (made["name"], made["mime_type"], made["width"], made["height"]) == ("IMG_1.jpg", "image/jpeg", 64, 32)
    assert b"Canary" not in objects_in(folder)[0].read_bytes()


def test_a_name_is_cleaned(client: APIClient) -> None:
    made = post(client, b"Hello", "in/voice\u202etxt\u0000.md").json()
    assert made["name"] == "voicetxt.md"
    long = post(client, b"Hello", "x" * 300 + ".txt").json()["name"]
    assert (len(long), long[-4:]) == (255, ".txt")
    assert File.objects.count() == 2
