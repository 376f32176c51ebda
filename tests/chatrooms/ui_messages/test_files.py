"""Files that a client of the AI SDK sends in the message itself."""

import base64
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Scope, User
from billing.models import LedgerEntry
from chatrooms.models import File, Message
from tests.chatrooms.operations import state
from tests.clients import with_key

pytestmark = pytest.mark.django_db(transaction=True)  # a kept file is known before its message is


def body(content: bytes = b"A note.\n", *, files: int = 1) -> dict[str, Any]:
    url = f"data:text/plain;base64,{base64.b64encode(content).decode()}"
    file = {"type": "file", "mediaType": "text/plain", "filename": "note.txt", "url": url}
    message = {"id": "u1", "role": "user", "parts": [*[file] * files, {"type": "text", "text": "What is this?"}]}
    return {"id": "c-1", "messages": [message], "trigger": "submit-message"}


def test_a_file_is_kept_and_attached(client: APIClient) -> None:
    assert client.post("/v1/ui/chat", body()).status_code == 303
    [shown] = Message.objects.get(role="user").files or []
    assert (shown["name"], shown["kind"], shown["size"]) == ("note.txt", "text", 8)


def test_the_same_message_again_keeps_nothing_further(client: APIClient) -> None:
    client.post("/v1/ui/chat", body())
    assert client.post("/v1/ui/chat", body()).status_code == 303
    assert (File.objects.count(), LedgerEntry.objects.count()) == (1, 1)
    other = client.post("/v1/ui/chat", body(content=b"Another.\n"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert File.objects.count() == 1


def test_too_many_files_are_refused_before_any_is_kept(client: APIClient) -> None:
    answer = client.post("/v1/ui/chat", body(files=20))
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_files")
    assert (File.objects.count(), Message.objects.count()) == (0, 0)


def test_a_key_without_the_scope_sends_none(alice: User) -> None:
    client = with_key(alice, Scope.MESSAGES_WRITE)
    before = state()
    answer = client.post("/v1/ui/chat", body())
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert state() == before
    assert with_key(alice, Scope.MESSAGES_WRITE, Scope.FILES).post("/v1/ui/chat", body()).status_code == 303
