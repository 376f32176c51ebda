"""Files within a request."""

import base64
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from chatrooms.models import File
from chatrooms.openai import inline_files
from chatrooms.openai.errors import InvalidParameter

DATA = base64.b64encode(b"Hello").decode()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/a.txt", "a.txt"),
        ("C:\\folder\\a.txt", "a.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\x00.txt", "a.txt"),
        ("a\ud800.txt", "a.txt"),
    ],
)
def test_a_name_is_kept_as_an_uploads(name: str, kept: str) -> None:
    assert inline_files.of_base64(DATA, name=name, param="file").name == kept


@pytest.mark.parametrize("name", ["", "/", "\u200b", ".."])
def test_a_name_that_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        inline_files.of_base64(DATA, name=name, param="file")
    assert refused.value.data["param"] == "file"


@pytest.mark.django_db
def test_a_repeat_keeps_no_file_again(client: APIClient) -> None:
    file = {"type": "file", "file": {"file_data": DATA, "filename": "a.txt"}}
    content = [{"type": "text", "text": "?"}, file]
    body: dict[str, Any] = {"model": settings.GEMINI_MODEL, "messages": [{"role": "user", "content": content}]}
    first, again = (client.post("/v1/chat/completions", body, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303), first.content
    assert again["Idempotency-Replayed"] == "true"
    assert File.objects.count() == 1
