"""The model sees the files of a conversation: small ones in each call, larger ones by one copy at Google."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from chatrooms import conversation
from chatrooms.attachments import discarding, storage
from chatrooms.attachments.models import File, Kind, State
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies.context import context_for
from chatrooms.tasks import generate_reply
from gemini import files as google_files
from gemini.exceptions import ProviderOverloaded
from tests.chatrooms.conftest import reply_of
from tests.doubles.gemini.client import GeminiDouble

pytestmark = pytest.mark.django_db

INLINE = 1_000
"""Bytes of GEMINI_INLINE_BYTES here."""


@pytest.fixture(scope="module")
def running() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture(autouse=True)
def double(running: GeminiDouble, settings: Any, monkeypatch: pytest.MonkeyPatch) -> GeminiDouble:
    for module in ("generation", "media"):
        monkeypatch.setattr(f"chatrooms.replies.{module}.connections.close_all", lambda: None)
    settings.GEMINI_CLIENT, settings.GEMINI_API_KEY = "google-genai", "a-key"
    settings.GEMINI_BASE_URL, settings.GEMINI_INLINE_BYTES = running.base_url, INLINE
    running.reset()
    return running


@pytest.fixture
def keep(alice: User) -> Callable[..., File]:
    """Keep a file of this size, as an upload would have."""

    def run(size: int, kind: Kind = Kind.TEXT, **measures: Any) -> File:
        content = b"x" * size
        file: File = File.objects.create(
            user_id=alice.pk,
            name=f"{kind}-{size}",
            kind=kind,
            mime_type={Kind.TEXT: "text/plain", Kind.IMAGE: "image/png", Kind.PDF: "application/pdf"}.get(
                kind, "audio/mpeg"
            ),
            size=size,
            sha256=hashlib.sha256(content).hexdigest(),
            key=f"{storage.PREFIX}{alice.pk}/{kind}-{size}",
            state=State.READY,
            **measures,
        )
        storages["files"].save(file.key, ContentFile(content))
        return file

    return run


@pytest.fixture
def ask(room: Chatroom) -> Callable[..., Message]:
    """Send a message with these files, and generate its reply."""

    def run(*files: File, content: str = "What is this?") -> Message:
        sent = conversation.send(
            user_id=room.user_id, room_id=room.pk, content=content, file_ids=[file.pk for file in files]
        )
        message: Message = Message.objects.get(pk=sent.pk)
        generate_reply(reply_of(message).pk)
        return message

    return run


def parts_of_call(double: GeminiDouble, number: int = -1) -> list[list[str]]:
    """The kinds of the parts of each turn of the user in a call."""
    contents = double.calls()[number]["contents"]
    return [[next(iter(part)) for part in turn["parts"]] for turn in contents if turn["role"] == "user"]


def test_a_small_file_travels_within_each_call(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message]
) -> None:
    ask(keep(INLINE))
    ask(content="And now?")
    assert parts_of_call(double) == [["inlineData", "text"], ["text"]]
    assert double.files() == []


def test_a_large_file_is_uploaded_once_for_many_turns(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message], set_tier: Callable[..., None]
) -> None:
    set_tier(context_tokens=64_000)
    document, picture = keep(5_000, Kind.PDF, pages=40), keep(6_000, Kind.IMAGE, width=9, height=9)
    ask(document, picture, keep(7_000, Kind.AUDIO, seconds=180))
    for _ in range(10):
        ask(content="And then?")
    assert parts_of_call(double)[0] == ["fileData", "fileData", "fileData", "text"]
    assert [(file["mime_type"], file["size"]) for file in double.files()] == [
        ("application/pdf", 5_000),
        ("image/png", 6_000),
        ("audio/mpeg", 7_000),
    ]


def test_after_48_hours_it_is_uploaded_again(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message]
) -> None:
    ask(keep(5_000))
    double.set_files(age=49)
    File.objects.update(google_expires_at=timezone.now() + timedelta(minutes=50))
    ask(content="And now?")
    assert len(double.files()) == 2
    assert {reply.status for reply in Reply.objects.all()} == {"done"}


def test_a_copy_that_google_lost_earlier_is_uploaded_again(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message], client: APIClient
) -> None:
    ask(keep(5_000))
    double.set_files(age=49)
    message = ask(content="And now?")
    shown = client.get(f"/message/{message.pk}").json()["reply"]
    assert (shown["status"], shown["retry"]["code"]) == ("queued", "file_gone")
    Reply.objects.update(next_attempt_at=timezone.now())
    generate_reply(reply_of(message).pk)
    assert (reply_of(message).status, len(double.files())) == ("done", 2)


def test_copies_that_are_forgotten_are_deleted_at_google(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message]
) -> None:
    ask(keep(5_000), keep(5_001))
    google_files.delete(File.objects.get(size=5_000).google_name)
    message = ask(content="And now?")
    assert [file["state"] for file in double.files()] == ["GONE", "GONE"]
    Reply.objects.update(next_attempt_at=timezone.now())
    generate_reply(reply_of(message).pk)
    assert reply_of(message).status == "done"
    assert [file["state"] for file in double.files()] == ["GONE", "GONE", "ACTIVE", "ACTIVE"]


def test_files_count_in_the_context_and_leave_it(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message], set_tier: Callable[..., None]
) -> None:
    set_tier(context_tokens=5_000)
    ask(keep(900, Kind.IMAGE, width=9, height=9))
    ask(keep(901, Kind.PDF, pages=8), content="And this?")
    assert parts_of_call(double) == [["inlineData", "text"]], "the picture (1,120) does not fit beside 4,480"


def test_what_all_files_have_within_a_call_is_bounded(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message]
) -> None:
    ask(*(keep(INLINE - number) for number in range(4)))
    ask(keep(INLINE - 9), content="One more")
    kinds = [kind for turn in parts_of_call(double) for kind in turn]
    assert (kinds.count("inlineData"), kinds.count("fileData")) == (4, 1)


def test_a_deleted_message_deletes_the_copy_at_google(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message]
) -> None:
    message = ask(keep(5_000))
    message.delete()
    assert discarding.sweep() == 1
    assert [file["state"] for file in double.files()] == ["GONE"]
    assert not File.objects.exists()


def test_a_copy_that_cannot_be_deleted_is_attempted_again(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message], settings: Any
) -> None:
    ask(keep(5_000)).delete()
    settings.GEMINI_API_KEY = "bad-key"
    discarding.sweep()
    assert File.objects.count() == 1
    settings.GEMINI_API_KEY = "a-key"
    discarding.sweep()
    assert ([file["state"] for file in double.files()], File.objects.count()) == (["GONE"], 0)


def test_a_storage_that_does_not_answer_delays_the_reply(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = keep(INLINE)
    storages["files"].delete(file.key)
    message = ask(file)
    assert (reply_of(message).status, reply_of(message).retry_code) == ("queued", "file_storage_unavailable")
    assert double.calls() == []


def test_a_prompt_holds_no_file_of_another_room(
    room: Chatroom, keep: Callable[..., File], ask: Callable[..., Message], send: Callable[..., Message]
) -> None:
    ask(keep(INLINE))
    other = Chatroom.objects.create(user_id=room.user_id, name="Other")
    reply = reply_of(send(other))
    from billing.entitlements import tier_of

    context = context_for(reply=reply, tier=tier_of(user_id=room.user_id))
    assert context.files == ((),)
    assert "x" * 10 not in json.dumps([turn.text for turn in context.prompt.turns])


def test_one_copy_that_cannot_be_deleted_keeps_no_other_file(
    double: GeminiDouble, keep: Callable[..., File], ask: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(keep(5_000))
    second = ask(keep(5_001))
    stuck = File.objects.get(size=5_000).google_name
    delete = google_files.delete

    def refuse_one(name: str) -> None:
        if name == stuck:
            raise ProviderOverloaded
        delete(name)

    monkeypatch.setattr(google_files, "delete", refuse_one)
    first.delete()
    second.delete()
    discarding.sweep()
    assert list(File.objects.values_list("size", flat=True)) == [5_000]


def test_files_longer_than_the_context_are_refused_at_once(
    room: Chatroom, client: APIClient, keep: Callable[..., File], set_tier: Callable[..., None]
) -> None:
    set_tier(context_tokens=5_000)
    file = keep(900, Kind.PDF, pages=9)
    body = {"content": "Read this", "file_ids": [file.pk]}
    refused = client.post(f"/chatroom/{room.pk}/message", body, format="json")
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (409, "files_too_long", 5_000)
    assert not Message.objects.exists()
    assert client.get("/usage").json()["used"] == 0
    assert client.get(f"/files/{file.pk}").json()["message_id"] is None
