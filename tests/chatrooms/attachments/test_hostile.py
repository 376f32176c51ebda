"""Hostile and broken files are refused with a code, and nothing of them is kept."""

import io
import os
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from chatrooms.attachments.models import File, FileSpace
from tests.chatrooms.attachments import samples
from tests.chatrooms.attachments.conftest import objects_in, post

pytestmark = pytest.mark.django_db

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
TRUNCATED = samples.picture("PNG", size=(300, 300))[:-40]


def archive(content: bytes = b"inside") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("inside.txt", content)
    return written.getvalue()


def tar() -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as made:
        made.addfile(tarfile.TarInfo("inside"))
    return written.getvalue()


def many_pages() -> bytes:
    return samples.pdf(1001)


REFUSED = [
    ("empty.txt", b"", "file_empty"),
    ("empty.png", b"", "file_empty"),
    ("blank.txt", b" \n\t\n", "file_empty"),
    ("picture.svg", SVG, "file_type_not_allowed"),
    ("picture.txt", b"<?xml version='1.0'?><!-- x --><!DOCTYPE svg>" + SVG, "file_type_not_allowed"),
    ("picture.png", SVG, "file_type_not_allowed"),
    ("page.html", PAGE, "file_type_not_allowed"),
    ("page.txt", b"\xef\xbb\xbf \n<!-- a --> <HTML>", "file_type_not_allowed"),
    ("page.md", b"<script>alert(1)</script>", "file_type_not_allowed"),
    ("slow.txt", b"<!---->" * 500 + b"x", None),
    ("harmless.html", b"no tags", "file_ending_wrong"),
    ("archive.zip", archive(), "file_type_not_allowed"),
    ("archive.txt", archive(), "file_type_not_allowed"),
    ("bomb.zip", archive(b"\0" * 50_000_000), "file_type_not_allowed"),
    ("archive.tar", tar(), "file_type_not_allowed"),
    ("program.exe", b"MZ\x90\0" + b"\0" * 200, "file_type_not_allowed"),
    ("program", b"\x7fELF\x02\x01\x01" + b"\0" * 200, "file_type_not_allowed"),
    ("moving.gif", samples.picture("GIF"), "file_type_not_allowed"),
    ("picture.tiff", samples.picture("TIFF"), "file_type_not_allowed"),
    ("latin.txt", "größe".encode("latin-1"), "file_type_not_allowed"),
    ("wide.txt", "Hello".encode("utf-16"), "file_type_not_allowed"),
    ("escape.txt", b"\x1b]0;title\x07", "file_type_not_allowed"),
    ("noise.bin", os.urandom(4096), None),
    ("picture.jpg", samples.picture("PNG"), "file_ending_wrong"),
    ("picture.pdf", samples.picture("PNG"), "file_ending_wrong"),
    ("invoice.pdf.exe", samples.pdf(1), "file_ending_wrong"),
    ("document.png", samples.pdf(1), "file_ending_wrong"),
    ("text.pdf", b"Hello", "file_ending_wrong"),
    ("song.mp3", samples.wav(), "file_ending_wrong"),
    ("a.png", samples.picture("PNG") + archive(), "file_ambiguous"),
    ("a.jpg", samples.picture("JPEG") + archive(), "file_ambiguous"),
    ("a.pdf", samples.pdf(1) + archive(), "file_ambiguous"),
    ("a.mp3", samples.mp3() + archive(), "file_ambiguous"),
    ("a.jpg", samples.picture("JPEG", comment=b"<?php system('id'); ?>"), "file_ambiguous"),
    ("a.png", samples.picture("PNG") + b"Rar!\x1a\x07\x00" + b"\0" * 50, "file_ambiguous"),
    ("a.jpg", samples.picture("JPEG", comment=b"<script>alert(1)</script>"), "file_ambiguous"),
    ("a.wav", samples.wav()[:44] + b"%PDF-1.4" + samples.wav()[52:], "file_ambiguous"),
    ("a.png", TRUNCATED, "file_damaged"),
    ("a.png", samples.picture("PNG")[:20], "file_damaged"),
    ("a.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 100, "file_damaged"),
    ("a.webp", samples.picture("WEBP")[:24], "file_damaged"),
    ("a.heic", samples.heic()[:60], "file_damaged"),
    ("a.pdf", b"%PDF-1.7\nnothing\n%%EOF", "file_damaged"),
    ("a.mp3", b"ID3\x04\0\0\0\0\0\x10" + b"\0" * 100, "file_damaged"),
    ("a.flac", b"fLaC" + b"\0" * 40, "file_damaged"),
    ("a.ogg", b"OggS\0" + b"\0" * 40, "file_damaged"),
    ("a.aac", samples.aac(1)[:7] + b"junk" * 100, "file_damaged"),
    ("film.mp4", samples.m4a(handler=b"vide"), "file_type_not_allowed"),
    ("hundred.png", samples.png_of(10_000, 10_000, data=zlib.compress(b"\0" * 1000)), "file_too_many_pixels"),
    ("huge.png", samples.png_of(2**31 - 1, 2**31 - 1), "file_too_many_pixels"),
    ("script.pdf", samples.pdf_with_script(), "file_active_content"),
    ("hidden.pdf", samples.pdf_with_hidden_name(), "file_active_content"),
    ("inside.pdf", samples.pdf_with_attachment(), "file_active_content"),
    ("launch.pdf", samples.pdf_with_action("/Launch", F="calc.exe"), "file_active_content"),
    ("form.pdf", samples.pdf_with_action("/SubmitForm", F="https://example.com"), "file_active_content"),
    ("locked.pdf", samples.pdf_encrypted(), "file_encrypted"),
    ("long.pdf", many_pages(), "file_too_long"),
    ("bomb.pdf", samples.pdf_that_unfolds(), "file_damaged"),
]


@pytest.mark.parametrize(
    ("name", "content", "code"), REFUSED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_it_is_refused_and_nothing_is_kept(
    name: str, content: bytes, code: str | None, client: APIClient, folder: Path
) -> None:
    response = post(client, content, name)
    if code is None:  # a text after all, or one of several codes
        assert response.status_code in (201, 415, 422), response.content
        return
    assert response.json()["code"] == code
    assert response.status_code == (415 if code == "file_type_not_allowed" else 422)
    assert (File.objects.count(), FileSpace.objects.count(), objects_in(folder)) == (0, 0, [])


def test_a_refusal_says_nothing_of_the_file(client: APIClient) -> None:
    response = post(client, b"\0canary-content", "canary-name.bin")
    assert b"canary" not in response.content
