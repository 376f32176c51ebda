"""Files are attached to a message exactly once, together with it or not at all."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import LedgerEntry
from chatrooms import rooms, rows
from chatrooms.attachments.models import File
from chatrooms.models import Chatroom, Message, Reply
from tests.chatrooms.attachments.conftest import Upload
from tests.chatrooms.conftest import claim, finish

pytestmark = pytest.mark.django_db


def send(client: APIClient, room: Chatroom, *file_ids: Any) -> Any:
    return client.post(f"/chatroom/{room.pk}/message", {"content": "Look", "file_ids": list(file_ids)})


def nothing_was_sent() -> bool:
    return not (Message.objects.exists() or LedgerEntry.objects.exists())


def test_a_message_shows_its_files_in_their_order(client: APIClient, room: Chatroom, upload: Upload) -> None:
    one, two = upload(b"one", "one.txt"), upload(b"two", "two.txt")
    sent = send(client, room, two["id"], one["id"])
    assert sent.status_code == 202, sent.json()
    message = sent.json()
    assert [file["name"] for file in message["files"]] == ["two.txt", "one.txt"]
    assert message["files"][1] == {name: one[name] for name in message["files"][1]}
    assert client.get(f"/message/{message['id']}").json()["files"] == message["files"]
    assert client.get(f"/chatroom/{room.pk}/messages").json()[0]["files"] == message["files"]
    assert client.get(f"/chatroom/{room.pk}").json()["messages"][0]["files"] == message["files"]
    assert client.get(f"/files/{one['id']}").json()["message_id"] == message["id"]


def test_what_a_send_returns_is_what_is_read_later(
    alice: User, client: APIClient, room: Chatroom, upload: Upload
) -> None:
    sent = send(client, room, upload()["id"]).json()
    (row,) = rows.message(user_id=alice.pk, message_id=sent["id"])
    assert row["files"] == sent["files"]
    assert rows.newest_messages(user_id=alice.pk, room_id=room.pk) == [row]


def test_a_message_without_files_has_an_empty_list(client: APIClient, room: Chatroom) -> None:
    assert send(client, room).json()["files"] == []


def test_an_edit_keeps_the_files(client: APIClient, room: Chatroom, upload: Upload) -> None:
    message = send(client, room, upload()["id"]).json()
    finish(claim(Message.objects.get(pk=message["id"])))
    edited = client.patch(f"/message/{message['id']}", {"content": "Look again"}).json()
    assert edited["files"] == message["files"]


def test_a_file_is_attached_once(client: APIClient, room: Chatroom, upload: Upload) -> None:
    made = upload()["id"]
    assert send(client, room, made).status_code == 202
    units = LedgerEntry.objects.count()
    again = send(client, room, made)
    assert (again.status_code, again.json()["code"]) == (409, "file_unavailable")
    assert (Message.objects.filter(role="user").count(), LedgerEntry.objects.count()) == (1, units)


def test_an_attached_file_is_not_deleted_alone(client: APIClient, room: Chatroom, upload: Upload) -> None:
    made = upload()["id"]
    send(client, room, made)
    refused = client.delete(f"/files/{made}")
    assert (refused.status_code, refused.json()["code"]) == (409, "file_attached")
    assert client.get(f"/files/{made}/content").status_code == 200


def test_one_missing_file_refuses_the_message(client: APIClient, room: Chatroom, upload: Upload) -> None:
    mine = upload()["id"]
    refused = send(client, room, mine, 2**62)
    assert (refused.status_code, refused.json()["code"]) == (409, "file_unavailable")
    assert nothing_was_sent()
    assert File.objects.get().message_id is None


def test_a_strangers_file_is_as_missing(client_of: Callable[[User], APIClient], mallory: User, upload: Upload) -> None:
    theirs, room = client_of(mallory), rooms.create(user_id=mallory.pk, name="Room")
    answers = [send(theirs, room, file_id).json() | {"request_id": ""} for file_id in (upload()["id"], 2**62)]
    assert answers[0] == answers[1]
    assert nothing_was_sent()


def test_more_than_the_tier_allows_are_refused(
    client: APIClient, room: Chatroom, upload: Upload, set_tier: Callable[..., None]
) -> None:
    set_tier(files_per_message=1)
    refused = send(client, room, upload()["id"], upload()["id"])
    assert (refused.status_code, refused.json()["code"], refused.json()["limit"]) == (400, "too_many_files", 1)
    assert nothing_was_sent()


@pytest.mark.parametrize(
    "file_ids", ["7", [0], [-1], ["x"], [2**63], [1, 1], [[1]], {"1": 1}, None, list(range(1, 102))]
)
def test_malformed_ids_are_refused(client: APIClient, room: Chatroom, file_ids: Any) -> None:
    refused = client.post(f"/chatroom/{room.pk}/message", {"content": "Look", "file_ids": file_ids})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert nothing_was_sent()


@pytest.fixture
def _closed() -> Iterator[None]:
    yield
    connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_closed")
def test_of_parallel_sends_one_gets_the_file(client: APIClient, alice: User, upload: Upload) -> None:
    many = [rooms.create(user_id=alice.pk, name=f"Room {number}") for number in range(12)]
    made = upload()["id"]

    def one(room: Chatroom) -> int:
        try:
            return int(send(client, room, made).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        statuses = Counter(threads.map(one, many))
    assert statuses == {202: 1, 409: 11}
    assert Message.objects.filter(role="user").count() == Reply.objects.count() == LedgerEntry.objects.count() == 1
