"""Exports: a user's whole account as JSON, one room as JSON or Markdown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from rest_framework.test import APIClient

from accounts.downloads import PAGE
from accounts.models import User
from accounts.personal_data import registry
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply, Summary

pytestmark = pytest.mark.django_db

NOT_EXPORTED = {
    "chatrooms.FileSpace": "the sum of the files' sizes",
    "accounts.IdempotencyKey": "hashes, for a day",
    "accounts.FailedAttempts": "a count of failures, for the number's safety",
    "billing.Checkout": "the number of the last checkout session",
}


def body(response: Any) -> str:
    return b"".join(response.streaming_content).decode()


@pytest.fixture
def message(room: Chatroom, send: Callable[..., Message]) -> Message:
    sent = send(room, 'Hello "world"\nline two')
    Reply.objects.filter(answers=sent).update(status="done", content="Answer <b>one</b>", model="gemini-x")
    return sent


def test_everything_about_the_account_is_one_json_document(
    client: APIClient, alice: User, room: Chatroom, message: Message
) -> None:
    conversation.edit(user_id=alice.pk, message_id=message.pk, content="Changed")
    Summary.objects.create(room=room, content="notes", upto=1)
    response = client.get("/user/me/export")
    assert response["Content-Disposition"] == 'attachment; filename="kuvaka-account.json"'
    document = json.loads(body(response))
    assert document["account"][0]["mobile_number"] == alice.mobile_number
    assert len(document["sessions"]) == 1
    assert [each["name"] for each in document["rooms"]] == ["Room"]
    assert [(each["role"], each["content"]) for each in document["messages"]] == [
        ("user", "Changed"),
        ("assistant", "Answer <b>one</b>"),
        ("assistant", ""),
    ]
    assert document["revisions"][0]["content"] == 'Hello "world"\nline two'
    assert document["summaries"][0]["content"] == "notes"
    assert [each["kind"] for each in document["units"]] == ["send", "edit"]
    assert document["usage"][0]["used"] == 2


def test_the_export_has_no_data_of_other_users(
    client_of: Callable[[User], APIClient], mallory: User, room: Chatroom, message: Message
) -> None:
    text = body(client_of(mallory).get("/user/me/export"))
    assert "Hello" not in text
    assert json.loads(text)["rooms"] == []
    assert APIClient().get("/user/me/export").status_code == 401


def test_the_export_has_no_secrets(client: APIClient, alice: User, message: Message) -> None:
    alice.set_password("a very long password 123")
    alice.save()
    text = body(client.get("/user/me/export"))
    for secret in (alice.password, "current_jti", "digest"):
        assert secret not in text


def test_every_table_about_a_user_is_exported_or_listed() -> None:
    """A table that names a user has a section, or a reason why not."""
    ours = [model for app in ("accounts", "billing", "chatrooms") for model in apps.get_app_config(app).get_models()]
    about = {
        model._meta.label
        for model in ours
        if any(
            field.is_relation and field.related_model is User
            for field in model._meta.get_fields(include_parents=False)
            if hasattr(field, "attname")
        )
    }
    sections = {
        "accounts.ApiKey": "api_keys",
        "accounts.Session": "sessions",
        "accounts.WebhookEndpoint": "webhook_endpoints",
        "accounts.StaffAction": "desk",
        "accounts.OneTimeCode": "codes",
        "billing.Entitlement": "entitlement",
        "billing.Grant": "grants",
        "billing.DailyUsage": "usage",
        "billing.LedgerEntry": "units",
        "billing.ModelCall": "model_calls",
        "billing.PaymentIssue": "payment_issues",
        "chatrooms.Chatroom": "rooms",
        "chatrooms.ExternalId": "external_ids",
        "chatrooms.Message": "messages",
        "chatrooms.Reply": "messages",
        "chatrooms.File": "files",
    }
    assert about - set(sections) - set(NOT_EXPORTED) == set()
    assert set(sections.values()) <= set(registry.sections)


def test_ten_thousand_messages_are_exported_in_few_queries(
    client: APIClient, alice: User, room: Chatroom, django_assert_max_num_queries: Callable
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left,"
            " is_parked, model, error, finish_reason, request_id)"
            " SELECT %s, %s, 'user', 'message ' || n, false, '', 0, 3, false, '', '', '', ''"
            " FROM generate_series(1, 10000) AS n",
            [room.pk, alice.pk],
        )
    with django_assert_max_num_queries(23 + 10_000 // PAGE):  # each page returns its connection, so each is a query
        document = json.loads(body(client.get("/user/me/export")))
    assert [each["content"] for each in document["messages"]] == [f"message {n}" for n in range(1, 10_001)]


def test_a_room_is_exported_as_json(client: APIClient, room: Chatroom, message: Message) -> None:
    document = json.loads(body(client.get(f"/chatroom/{room.pk}/export")))
    assert document["name"] == "Room"
    assert document["messages"][0] | {"created_at": ""} == {
        "id": message.pk,
        "content": 'Hello "world"\nline two',
        "created_at": "",
        "files": [],
        "answer": "Answer <b>one</b>",
        "status": "done",
        "model": "gemini-x",
    }


def test_a_room_is_exported_as_markdown(
    client: APIClient, room: Chatroom, message: Message, send: Callable[..., Message]
) -> None:
    Reply.objects.filter(answers=send(room, "Again")).update(status="failed", error="blocked")
    response = client.get(f"/chatroom/{room.pk}/export?format=markdown")
    assert response["Content-Type"] == "text/markdown; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="chatroom-{room.pk}.md"'
    text = body(response)
    assert text.startswith("# Room\n\n**You**, 20")
    assert 'Hello "world"\nline two\n\n**gemini-x**\n\nAnswer <b>one</b>\n' in text
    assert "*No reply: blocked.*" in text


def test_an_unknown_format_is_refused(client: APIClient, room: Chatroom) -> None:
    response = client.get(f"/chatroom/{room.pk}/export?format=pdf")
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "format")
