"""Messages: send, list, get, clean up."""

import json
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from billing.models import Tier
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db


def test_a_sent_message_is_accepted_with_a_queued_reply(client: APIClient, alice: User, room: Chatroom) -> None:
    answer = client.post(f"/chatroom/{room.pk}/message", {"content": "What is a monsoon?"})
    assert answer.status_code == 202
    body = answer.json()
    assert answer["Location"] == f"/message/{body['id']}"
    reply = Reply.objects.get()
    assert body["id"] == reply.answers_id
    assert body == {
        "id": reply.answers_id,
        "chatroom_id": room.pk,
        "user_id": alice.pk,
        "role": "user",
        "content": "What is a monsoon?",
        "created_at": body["created_at"],
        "edited_at": None,
        "files": [],
        "gemini_response": None,
        "reply": {
            "id": reply.pk,
            "status": "queued",
            "model": None,
            "error": None,
            "finish_reason": None,
            "prompt_tokens": None,
            "output_tokens": None,
            "tokens_estimated": False,
            "cached_tokens": None,
            "tool_tokens": None,
            "thought_tokens": None,
            "response_id": None,
            "service_tier": None,
            "retry": None,
            "started_at": None,
            "finished_at": None,
            "parts": None,
        },
        "stream_url": body["stream_url"],
    }
    assert body["stream_url"].startswith(f"http://127.0.0.1:8001/message/{body['id']}/stream?ticket=")
    again = client.get(f"/message/{body['id']}").json()
    assert again | {"stream_url": ""} == body | {"stream_url": ""}


def test_a_send_is_accepted_while_all_breakers_are_open(
    client: APIClient, room: Chatroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a send asks for the model")

    monkeypatch.setattr("gemini.breakers.ModelBreaker.allows", refuse)
    monkeypatch.setattr("gemini.reply_stream.provider_for", refuse)
    answer = client.post(f"/chatroom/{room.pk}/message", {"content": "Anybody there?"})
    assert (answer.status_code, answer.json()["reply"]["status"]) == (202, "queued")


def test_the_task_is_published_only_after_the_commit(
    client: APIClient,
    room: Chatroom,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., list],
) -> None:
    published: list[tuple[object, ...]] = []
    monkeypatch.setattr("chatrooms.replies.publishing.publish", lambda *task: published.append(task) or True)
    with django_capture_on_commit_callbacks() as callbacks:
        client.post(f"/chatroom/{room.pk}/message", {"content": "Hello"})
        assert published == []
    for callback in callbacks:
        callback()
    assert published == [("chatrooms.tasks.answer", Reply.objects.get().pk)]


@pytest.mark.parametrize("content", ["न" * 16_000, "😀" * 16_000, "x" + "\x01" * 15_999])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_longest_message_fits_in_any_spelling_of_json(
    client: APIClient, room: Chatroom, content: str, ascii_only: bool
) -> None:
    body = json.dumps({"content": content}, ensure_ascii=ascii_only)
    answer = client.post(f"/chatroom/{room.pk}/message", body, content_type="application/json")
    assert answer.status_code == 202
    assert answer.json()["content"] == content


def test_a_body_too_large_for_a_message_is_refused_unread(client: APIClient, room: Chatroom) -> None:
    answer = client.post(f"/chatroom/{room.pk}/message", {"content": "x" * 200_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert Message.objects.count() == 0


@pytest.mark.parametrize("cursor", ["cD1hYmM=", "cD0=", "cD0lMDA=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ=="])
def test_an_invalid_cursor_is_refused(client: APIClient, room: Chatroom, cursor: str) -> None:
    answer = client.get(f"/chatroom/{room.pk}/messages?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(
    "content", ["x", "x" * 16_000, "  indented\n", "नमस्ते 🙏🏽", '{"a": "<script>"}', "\\u0000 spelled out"]
)
def test_content_is_kept_as_it_was_typed(client: APIClient, room: Chatroom, content: str) -> None:
    sent = client.post(f"/chatroom/{room.pk}/message", {"content": content}).json()
    assert client.get(f"/message/{sent['id']}").json()["content"] == content


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": ""},
        {"content": " \n\t"},
        {"content": "x" * 16_001},
        {"content": None},
        {"content": "a\x00b"},
        {"content": ["x"]},
        {"content": {"x": 1}},
    ],
)
def test_bad_content_is_refused_and_changes_nothing(client: APIClient, alice: User, room: Chatroom, body: dict) -> None:
    before = User.objects.values_list("rooms_version").get(pk=alice.pk)
    answer = client.post(f"/chatroom/{room.pk}/message", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["errors"][0]["field"] == "content"
    assert Message.objects.count() == 0
    assert User.objects.values_list("rooms_version").get(pk=alice.pk) == before


def test_more_waiting_replies_than_the_tier_allows_are_refused(client: APIClient, room: Chatroom) -> None:
    Tier.objects.filter(slug="basic").update(waiting_replies=2)
    path = f"/chatroom/{room.pk}/message"
    assert [client.post(path, {"content": "Hi"}).status_code for _ in range(2)] == [202, 202]
    answer = client.post(path, {"content": "Hi"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_waiting")
    assert int(answer["Retry-After"]) > 0
    assert Message.objects.filter(role="user").count() == 2


def test_the_newest_page_comes_first_and_the_link_leads_back(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    Tier.objects.update(waiting_replies=100)
    for number in range(7):
        send(room, str(number))
    newest = client.get(f"/chatroom/{room.pk}/messages?limit=3")
    assert [message["content"] for message in newest.json()] == ["4", "5", "6"]
    url = newest["Link"].split(";")[0][1:-1]
    older = client.get(url)
    assert [message["content"] for message in older.json()] == ["1", "2", "3"]


def test_a_page_of_messages_takes_few_queries(
    client: APIClient, room: Chatroom, send: Callable[..., Message], django_assert_max_num_queries: Callable
) -> None:
    Tier.objects.update(waiting_replies=100)
    for number in range(30):
        send(room, str(number))
    with django_assert_max_num_queries(5):
        assert len(client.get(f"/chatroom/{room.pk}/messages").json()) == 30


def test_a_replys_own_id_is_not_a_message(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> None:
    assert client.get(f"/message/{reply_of(send(room)).pk}").status_code == 404


def test_clean_up_deletes_the_failed_messages_and_no_others(
    client: APIClient, room: Chatroom, mallory: User, send: Callable[..., Message]
) -> None:
    failed, waiting = send(room, "failed"), send(room, "waiting")
    theirs = conversation.send(
        user_id=mallory.pk, room_id=Chatroom.objects.create(user=mallory, name="x").pk, content="theirs"
    )
    Reply.objects.filter(answers_id__in=[failed.pk, theirs.pk]).update(status="failed", error="blocked")
    assert client.delete("/messages/cleanup").json() == {"deleted": 1}
    assert set(Message.objects.filter(role="user").values_list("pk", flat=True)) == {waiting.pk, theirs.pk}
    assert client.delete("/messages/cleanup").json() == {"deleted": 0}


def test_a_partial_reply_is_never_shown(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    for status, error in (("queued", ""), ("generating", ""), ("failed", "connection_cut")):
        Reply.objects.filter(answers=message).update(
            status=status, error=error, content="half an ans", lease_until="2030-01-01T00:00:00Z"
        )
        assert client.get(f"/message/{message.pk}").json()["gemini_response"] is None
        assert client.get(f"/chatroom/{room.pk}/messages").json()[0]["gemini_response"] is None


def test_a_message_that_is_deleted_while_it_is_read_is_not_found(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    message = send(room)
    Reply.objects.all().delete()  # so that the second of the two queries finds nothing
    assert client.get(f"/message/{message.pk}").status_code == 404


@pytest.mark.parametrize("accept", ["text/event-stream", "*/*", "application/json", "text/html"])
def test_any_accept_header_gets_the_redirect_to_the_stream(
    client: APIClient, room: Chatroom, send: Callable[..., Message], accept: str
) -> None:
    message = send(room)
    answer = client.get(f"/message/{message.pk}/stream", headers={"Accept": accept})
    assert (answer.status_code, f"/message/{message.pk}/stream?ticket=" in answer["Location"]) == (307, True)


def test_an_event_source_gets_a_refusal_as_an_event(
    client: APIClient, room: Chatroom, send: Callable[..., Message]
) -> None:
    path = client.get(f"/message/{send(room).pk}/stream")["Location"]  # a redirect back here, where nothing streams
    assert client.get(path).status_code == 503
    answer = client.get(path, headers={"Accept": "text/event-stream"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert client.get("/message/999999/stream", headers={"Accept": "text/event-stream"}).status_code == 404
