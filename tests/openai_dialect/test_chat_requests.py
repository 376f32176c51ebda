"""Requests for chat completions: what is accepted, what is refused and how, and what is stored."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.db.models import F
from rest_framework.test import APIClient

from accounts.models import Scope, User
from accounts.personal_data import retention
from billing.models import DailyUsage, LedgerEntry, Tier
from chatrooms.exceptions import StreamUnavailable, TooManyStreams
from chatrooms.models import Chatroom, File, Message, Reply, RoomKind, Status
from chatrooms.openai.chat_dialect import ChatDialect
from chatrooms.replies.context import context_for
from chatrooms.tickets import DialectTicket
from tests.clients import with_key

pytestmark = pytest.mark.django_db

PATH = "/v1/chat/completions"
QUESTION = {"role": "user", "content": "What is a monsoon?"}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def body(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": settings.GEMINI_MODEL, "messages": list(messages) or [QUESTION], **more}


def ticket_of(response: Any) -> DialectTicket:
    assert response.status_code == 303, response.content
    return DialectTicket.parse(parse_qs(urlsplit(response["Location"]).query)["ticket"][0])


def reply_of(response: Any) -> Reply:
    return Reply.objects.select_related("room", "answers").get(pk=ticket_of(response).reply_id)


def nothing_was_done() -> bool:
    return not (Message.objects.exists() or Chatroom.objects.exists() or LedgerEntry.objects.exists())


def test_a_request_redirects_to_the_reply_with_a_ticket(client: APIClient, alice: User) -> None:
    response = client.post(PATH, body(stream=True, stream_options={"include_usage": True}))
    reply, ticket = reply_of(response), ticket_of(response)
    assert response["Location"].startswith(f"{settings.STREAM_ORIGIN}/v1/live/{reply.pk}?ticket=")
    assert (ticket.dialect, ticket.options["stream"], ticket.options["usage"]) == ("openai.chat", True, True)
    assert (reply.status, reply.user_id, reply.question.content) == (Status.QUEUED, alice.pk, QUESTION["content"])
    assert LedgerEntry.objects.get().pk == reply.unit_id


def test_the_proxy_is_redirected_only_if_it_says_so(client: APIClient) -> None:
    assert "X-Accel-Redirect" not in client.post(PATH, body())
    response = client.post(PATH, body(), headers={"X-Accepts-Redirect": "X-Accel-Redirect"})
    assert response["X-Accel-Redirect"] == response["Location"].removeprefix(settings.STREAM_ORIGIN)


def test_a_completions_room_is_in_no_list_and_no_search(client: APIClient) -> None:
    room = reply_of(client.post(PATH, body())).room
    assert room.kind == RoomKind.COMPLETION
    assert client.get("/chatroom").json() == []
    assert client.get("/search", {"q": "monsoon"}).json() == []
    for path in ("", "/messages", "/export"):
        assert client.get(f"/chatroom/{room.pk}{path}").status_code == 404
    assert client.post(f"/chatroom/{room.pk}/message", {"content": "Hello"}).status_code == 404
    assert client.patch(f"/chatroom/{room.pk}", {"name": "Mine"}).status_code == 404
    assert client.delete(f"/chatroom/{room.pk}").status_code == 404
    assert Message.objects.filter(room=room).count() == 2
    assert client.delete("/messages/cleanup").json() == {"deleted": 0}


def test_completions_do_not_count_as_rooms(client: APIClient, settings: Any) -> None:
    settings.ROOMS_PER_USER = 1
    assert client.post(PATH, body()).status_code == 303
    assert client.post("/chatroom", {"name": "Room"}).status_code == 201


def test_a_completion_is_kept_for_an_hour_after_its_end(client: APIClient) -> None:
    waiting, old, new = (reply_of(client.post(PATH, body())) for _ in range(3))
    Reply.objects.filter(pk__in=[old.pk, new.pk]).update(status=Status.DONE)
    Chatroom.objects.exclude(pk=new.room_id).update(updated_at=F("updated_at") - timedelta(minutes=61))
    assert retention.purge()["Hidden room"] > 0
    assert set(Chatroom.objects.values_list("pk", flat=True)) == {waiting.room_id, new.room_id}
    assert Message.objects.count() == 4
    assert LedgerEntry.objects.count() == 3, "what was used is still known"


def test_the_conversation_reaches_the_model_as_it_was_said(client: APIClient) -> None:
    response = client.post(
        PATH,
        body(
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {"role": "user", "content": "My name is Asha."},
            {"role": "user", "content": "I live in Pune."},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": [{"type": "text", "text": "Who"}, {"type": "text", "text": "am I?"}]},
            temperature=0,
            max_tokens=7,
            reasoning_effort="low",
        ),
    )
    prompt = context_for(reply=reply_of(response), tier=Tier.objects.get(slug="basic")).prompt
    assert [(turn.role, turn.text) for turn in prompt.turns] == [
        ("user", "My name is Asha.\n\nI live in Pune."),
        ("model", "Hello."),
        ("user", "Who\n\nam I?"),
    ]
    assert prompt.system_instruction == "Be brief.\n\nBe kind."
    assert (prompt.temperature, prompt.max_output_tokens, prompt.thinking) == (0, 7, "low")


def test_a_schema_is_asked_for(client: APIClient) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    response_format = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}
    reply = reply_of(client.post(PATH, body(response_format=response_format)))
    assert context_for(reply=reply, tier=Tier.objects.get(slug="basic")).prompt.response_schema == schema


def test_pictures_belong_to_the_turn_they_came_with(client: APIClient, alice: User) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}}
    response = client.post(
        PATH,
        body(
            {"role": "user", "content": [{"type": "text", "text": "Look"}, picture]},
            {"role": "assistant", "content": "I see."},
            {"role": "user", "content": [picture, {"type": "text", "text": "And this?"}]},
        ),
    )
    reply = reply_of(response)
    first, second = File.objects.filter(user=alice).order_by("pk")
    assert first.message_id == second.message_id == reply.answers_id
    context = context_for(reply=reply, tier=Tier.objects.get(slug="basic"))
    assert [[file["id"] for file in files] for files in context.files] == [[first.pk], [], [second.pk]]


def test_what_asks_for_nothing_is_accepted(client: APIClient) -> None:
    usual = {
        "n": 1,
        "logprobs": False,
        "top_p": 1.0,
        "stop": None,
        "tools": [],
        "user": "u-1",
        "metadata": {"a": "b"},
        "store": False,
        "response_format": {"type": "text"},
        "stream": None,
        "seed": None,
        "frequency_penalty": 0,
    }
    assert client.post(PATH, body(**usual)).status_code == 303


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"n": 2}, "n"),
        ({"n": True}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"top_p": 0.5}, "top_p"),
        ({"stop": ["x"]}, "stop"),
        ({"seed": 1}, "seed"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools"),
        ({"store": True}, "store"),
        ({"audio": {"voice": "a"}}, "audio"),
        ({"no_such_thing": 1}, "no_such_thing"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"x": 1}}, "stream_options.x"),
        ({"response_format": {"type": "json_object"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"$ref": "#"}}}},
            "response_format.json_schema.schema",
        ),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0]"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "a\x00"}]}, "messages[0].content"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [QUESTION, {"role": "assistant", "content": "A wind."}]}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hello."}, QUESTION]}, "messages"),
        ({"messages": [QUESTION | {"weight": 1}]}, "messages[0].weight"),
    ],
)
def test_what_is_not_supported_is_400_with_its_name(client: APIClient, more: dict[str, Any], param: str) -> None:
    response = client.post(PATH, body() | more)
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["param"]) == (400, "invalid_request_error", param), error
    assert nothing_was_done()


@pytest.mark.parametrize("url", ["https://example.com/a.png", "data:image/png,raw", "data:image/png;base64,***"])
def test_no_picture_is_fetched(client: APIClient, url: str) -> None:
    content = [{"type": "text", "text": "Look"}, {"type": "image_url", "image_url": {"url": url}}]
    response = client.post(PATH, body({"role": "user", "content": content}))
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "messages[0].content[1].image_url.url"
    assert nothing_was_done()


def test_what_does_not_fit_is_refused_and_not_cut(client: APIClient) -> None:
    Tier.objects.update(context_tokens=100)
    response = client.post(PATH, body({"role": "user", "content": "word " * 200}))
    assert (response.status_code, response.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert nothing_was_done()


def test_a_model_that_one_does_not_have_is_404(client: APIClient, alice: User) -> None:
    response = client.post(PATH, body(model="gpt-5"))
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    of_key = with_key(alice, Scope.MESSAGES_WRITE, model_names=[])
    assert of_key.post(PATH, body()).status_code == 404
    assert nothing_was_done()


def test_used_up_units_are_insufficient_quota(client: APIClient) -> None:
    Tier.objects.update(daily_messages=1)
    first = client.post(PATH, body())
    assert first["X-RateLimit-Limit-Requests"] == "1"
    assert first["X-RateLimit-Remaining-Requests"] == "0"
    assert ticket_of(first).headers["X-RateLimit-Remaining-Requests"] == "0"
    response = client.post(PATH, body())
    assert (response.status_code, response.json()["error"]["code"]) == (429, "insufficient_quota")
    assert response["X-Should-Retry"] == "false"
    assert int(response["Retry-After"]) > 0
    assert Chatroom.objects.count() == 1
    assert DailyUsage.objects.get().used == 1


def test_too_many_at_once_may_be_repeated(client: APIClient) -> None:
    Tier.objects.update(waiting_replies=1)
    assert client.post(PATH, body()).status_code == 303
    response = client.post(PATH, body())
    assert (response.status_code, response.json()["error"]["type"]) == (429, "rate_limit_error")
    assert "X-Should-Retry" not in response


def test_a_repeat_with_the_same_key_gets_the_same_reply(client: APIClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first = client.post(PATH, body(), headers=headers)
    again = client.post(PATH, body(), headers=headers)
    assert ticket_of(first).reply_id == ticket_of(again).reply_id
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert ticket_of(again).headers == {"Idempotency-Replayed": "true"}
    assert client.post(PATH, body(temperature=1), headers=headers).status_code == 422
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("key", ["", "kvk_x", "sk-123"])
def test_without_a_key_one_is_not_authenticated(key: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    response = client.post(PATH, body())
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")
    assert nothing_was_done()


def test_malformed_bodies_are_errors_of_the_same_shape(client: APIClient) -> None:
    response = client.post(PATH, b"{", content_type="application/json")
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")
    assert client.get(PATH).json()["error"]["code"] == "method_not_allowed"


def test_the_models_are_those_of_the_tier_and_the_key(client: APIClient, alice: User) -> None:
    Tier.objects.update(model_names=["one", "two"])
    assert [model["id"] for model in client.get("/v1/models").json()["data"]] == ["one", "two"]
    of_key = with_key(alice, Scope.MESSAGES_WRITE, model_names=["two"])
    assert [model["id"] for model in of_key.get("/v1/models").json()["data"]] == ["two"]
    assert client.get("/v1/models/one").json()["object"] == "model"
    missing = of_key.get("/v1/models/one")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_a_large_body_is_read(client: APIClient) -> None:
    wide = base64.b64encode(b"x" * 3_000_000).decode()
    content = [{"type": "text", "text": "?"}, {"type": "file", "file": {"file_data": wide, "filename": "a.txt"}}]
    response = client.post(PATH, body({"role": "user", "content": content}))
    assert response.json()["error"]["code"] == "files_too_long", "it was read"


def test_a_message_that_was_accepted_is_not_sent_again() -> None:
    """OpenAI's clients repeat the POST when the process that streams refuses."""
    for problem in (TooManyStreams(retry_after=5), StreamUnavailable(retry_after=2)):
        assert ChatDialect.refusal(problem)["X-Should-Retry"] == "false"
