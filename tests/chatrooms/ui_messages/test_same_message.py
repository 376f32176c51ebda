"""A message that is sent again to `POST /v1/ui/chat`: it is known by its own id, and by the request's key."""

import pytest
from rest_framework.test import APIClient

from billing.models import DailyUsage, LedgerEntry
from chatrooms.models import Chatroom, Message, Reply, Revision
from tests.chatrooms.operations import state
from tests.chatrooms.ui_messages.asking import ask, end, said, ticket_of

pytestmark = pytest.mark.django_db


def test_the_id_of_a_message_is_its_idempotency_key(client: APIClient) -> None:
    first, again = ticket_of(ask(client, said("Hello"))), ticket_of(ask(client, said("Hello")))
    assert first.reply_id == again.reply_id
    assert (Message.objects.count(), DailyUsage.objects.get().used) == (2, 1)
    before = state()
    other = ask(client, said("Something else"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert state() == before


def test_the_header_counts_before_the_id(client: APIClient) -> None:
    ask(client, said("Hello"), headers={"Idempotency-Key": "k"})
    ask(client, said("Hello", "u2"), headers={"Idempotency-Key": "k"})
    assert Message.objects.filter(role="user").count() == 1


def test_a_message_sent_with_a_key_is_known_by_its_id_too(client: APIClient) -> None:
    first = ticket_of(ask(client, said("Hello"), headers={"Idempotency-Key": "k"}))
    for headers in ({}, {"Idempotency-Key": "k"}, {"Idempotency-Key": "another"}):
        assert ticket_of(ask(client, said("Hello"), headers=headers)).reply_id == first.reply_id
    assert (Message.objects.count(), LedgerEntry.objects.count()) == (2, 1)
    end()
    again = ticket_of(ask(client, said("?", "u9"), trigger="regenerate-message", messageId="u1"))
    assert Reply.objects.get(pk=again.reply_id).answers == Message.objects.get(role="user")


def test_a_key_in_another_chat_is_reused(client: APIClient) -> None:
    ask(client, said("Hello"), headers={"Idempotency-Key": "k"})
    before = state()
    other = ask(client, said("Hello", "u2"), chat="c-2", headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert state() == before


def test_each_chat_may_count_its_messages(client: APIClient) -> None:
    for chat in ("c-1", "c-2"):
        ticket_of(ask(client, said(f"Hello {chat}", "msg-0"), chat=chat))
    end()
    again = ticket_of(ask(client, said("?", "x"), chat="c-1", trigger="regenerate-message", messageId="msg-0"))
    answered = Reply.objects.select_related("answers").get(pk=again.reply_id).answers
    assert answered
    assert answered.content == "Hello c-1"


def test_a_message_is_known_by_either_id_of_its_chat(client: APIClient) -> None:
    first = ticket_of(ask(client, said("Hello")))
    by_own_id = f"00{Chatroom.objects.get().pk}"
    assert ticket_of(ask(client, said("Hello"), chat=by_own_id)).reply_id == first.reply_id
    assert Message.objects.filter(role="user").count() == 1


def test_long_ids_of_chat_and_message_are_kept(client: APIClient) -> None:
    first, again = (ticket_of(ask(client, said("Hello", "u" * 255), chat="c" * 100)) for _ in range(2))
    assert first.reply_id == again.reply_id


def test_a_message_sent_under_its_known_id_is_changed(client: APIClient) -> None:
    ask(client, said("Hello"))
    end()
    ticket = ticket_of(ask(client, said("Good bye"), messageId="u1"))
    assert Message.objects.get(role="user").content == "Good bye"
    assert Revision.objects.get().content == "Hello"
    assert Reply.objects.get(is_current=True).pk == ticket.reply_id


def test_sending_again_retries_only_what_failed(client: APIClient) -> None:
    ask(client, said("Hello"))
    end()
    before = LedgerEntry.objects.count()
    ticket_of(ask(client, said("Hello"), messageId="u1"))
    assert LedgerEntry.objects.count() == before
    end("failed", "", "provider_timeout")
    ticket_of(ask(client, said("Hello"), messageId="u1"))
    assert Reply.objects.get().status == "queued"
    assert LedgerEntry.objects.order_by("pk").last().kind == "retry"  # type: ignore[union-attr]


def test_a_message_that_never_arrived_is_sent(client: APIClient) -> None:
    ticket_of(ask(client, said("Hello"), messageId="u1"))
    assert Message.objects.get(role="user").content == "Hello"
