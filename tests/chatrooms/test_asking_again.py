"""Retry, regenerate and edit: one conditional change each, at the price of one unit."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.models import DailyUsage, LedgerEntry, ServiceUsage, Tier
from chatrooms import conversation
from chatrooms.models import Chatroom, Message, Reply, Revision, Summary
from chatrooms.replies import lifecycle
from chatrooms.replies.asked import Asked
from chatrooms.replies.context import context_for
from tests.chatrooms.conftest import reply_of

pytestmark = pytest.mark.django_db


def end(message: Message, status: str = "done", content: str = "answer", error: str = "") -> None:
    Reply.objects.filter(answers=message, is_current=True).update(status=status, content=content, error=error)


def again(client: APIClient, verb: str, message: Message) -> Any:
    if verb == "edit":
        return client.patch(f"/message/{message.pk}", {"content": "New text"})
    return client.post(f"/message/{message.pk}/{verb}")


@pytest.fixture
def failed(room: Chatroom, send: Callable[..., Message]) -> Message:
    message = send(room, "Hello")
    end(message, "failed", "", "blocked")
    return message


@pytest.fixture
def answered(room: Chatroom, send: Callable[..., Message]) -> Message:
    message = send(room, "Hello")
    end(message)
    return message


def test_a_failed_reply_is_queued_again_with_all_retries(client: APIClient, failed: Message) -> None:
    Reply.objects.update(retries_left=0, attempt=3, prompt_tokens=5, output_tokens=6, tokens_estimated=True)
    answer = again(client, "retry", failed)
    assert answer.status_code == 202
    assert answer.json()["reply"]["status"] == "queued"
    assert answer.json()["reply"]["error"] is None
    assert answer.json()["stream_url"]
    reply = Reply.objects.get()
    assert (reply.retries_left, reply.attempt, reply.prompt_tokens, reply.tokens_estimated) == (3, 3, None, False)
    claimed = lifecycle.claim(reply_id=reply.pk)
    assert claimed
    assert claimed[0].attempt == 4


def test_a_retry_costs_a_unit_that_is_refunded_if_it_fails(client: APIClient, failed: Message) -> None:
    again(client, "retry", failed)
    assert list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)) == ["send", "retry"]
    assert DailyUsage.objects.get().used == 2
    claimed = lifecycle.claim(reply_id=reply_of(failed).pk)
    assert claimed
    lifecycle.fail(reply=claimed[0], error="blocked", retryable=False, usage=_nothing())
    returned = LedgerEntry.objects.get(kind="return")
    assert returned.returns is not None
    assert returned.returns.kind == "retry"
    assert DailyUsage.objects.get().used == 1


def _nothing() -> Any:
    from gemini.types import Usage

    return Usage(prompt_tokens=None, output_tokens=None)


@pytest.mark.parametrize("status", ["done", "stopped"])
def test_only_a_failed_reply_is_retried(client: APIClient, answered: Message, status: str) -> None:
    end(answered, status)
    answer = again(client, "retry", answered)
    assert (answer.status_code, answer.json()["code"]) == (409, "reply_has_not_failed")
    assert DailyUsage.objects.get().used == 1


def test_a_regenerated_reply_is_current_and_the_old_one_is_kept(client: APIClient, answered: Message) -> None:
    answer = again(client, "regenerate", answered)
    assert answer.status_code == 202
    first, second = Reply.objects.order_by("pk")
    assert (first.is_current, first.content, second.is_current, second.status) == (False, "answer", True, "queued")
    assert answer.json()["reply"]["id"] == second.pk
    listed = client.get(f"/message/{answered.pk}/replies").json()
    assert [(reply["id"], reply["is_current"], reply["content"], reply["question"]) for reply in listed] == [
        (first.pk, False, "answer", "Hello"),
        (second.pk, True, None, "Hello"),
    ]


@pytest.mark.parametrize("status", ["failed", "stopped", "done"])
def test_any_final_reply_can_be_regenerated(client: APIClient, answered: Message, status: str) -> None:
    end(answered, status, error="blocked" if status == "failed" else "")
    assert again(client, "regenerate", answered).status_code == 202


def test_an_edit_keeps_the_old_text_with_its_reply(client: APIClient, answered: Message) -> None:
    answer = again(client, "edit", answered)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["content"], body["gemini_response"], body["reply"]["status"]) == ("New text", None, "queued")
    assert body["edited_at"] is not None
    revision = Revision.objects.get()
    assert (revision.content, revision.written_at) == ("Hello", answered.created_at)
    end(answered, content="second")
    again(client, "edit", answered)
    listed = client.get(f"/message/{answered.pk}/replies").json()
    assert [(reply["question"], reply["content"]) for reply in listed] == [
        ("Hello", "answer"),
        ("New text", "second"),
        ("New text", None),
    ]


def test_only_the_last_message_can_be_edited(
    client: APIClient, answered: Message, room: Chatroom, send: Callable[..., Message]
) -> None:
    end(send(room, "Later"))
    answer = again(client, "edit", answered)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_last_message")
    assert Message.objects.get(pk=answered.pk).content == "Hello"
    assert DailyUsage.objects.get().used == 2


@pytest.mark.parametrize("content", ["", "   ", None, "x" * 16_001, "a\x00b", {"a": 1}])
def test_a_bad_text_edits_nothing(client: APIClient, answered: Message, content: object) -> None:
    assert client.patch(f"/message/{answered.pk}", {"content": content}).status_code == 400
    assert (Message.objects.get(pk=answered.pk).content, Reply.objects.count()) == ("Hello", 1)


@pytest.mark.parametrize("verb", ["retry", "regenerate", "edit"])
class TestEveryVerb:
    def test_with_an_unfinished_reply_in_the_room_it_is_refused(
        self, client: APIClient, failed: Message, room: Chatroom, send: Callable[..., Message], verb: str
    ) -> None:
        send(room, "Later")
        answer = again(client, verb, failed)
        assert (answer.status_code, answer.json()["code"]) == (409, "reply_in_progress")
        assert (Reply.objects.count(), DailyUsage.objects.get().used) == (2, 2)

    def test_the_second_of_two_is_refused(self, client: APIClient, failed: Message, verb: str) -> None:
        assert [again(client, verb, failed).status_code for _ in range(2)] == [202, 409]
        assert DailyUsage.objects.get().used == 2

    def test_without_a_unit_it_is_refused(
        self, client: APIClient, failed: Message, verb: str, set_tier: Callable[..., None]
    ) -> None:
        set_tier(daily_messages=1)
        answer = again(client, verb, failed)
        assert (answer.status_code, answer.json()["code"]) == (429, "quota_exceeded")
        assert (reply_of(failed).status, Reply.objects.count()) == ("failed", 1)
        assert Message.objects.get(pk=failed.pk).content == "Hello"

    def test_with_the_installations_tokens_used_up_it_is_refused(
        self, client: APIClient, failed: Message, verb: str, settings: Any
    ) -> None:
        settings.DAILY_TOKEN_CEILING = 10
        ServiceUsage.objects.create(day=DailyUsage.objects.get().day, prompt_tokens=10)
        assert again(client, verb, failed).json()["code"] == "service_budget_reached"
        assert reply_of(failed).status == "failed"

    def test_it_reports_the_remaining_quota(
        self, client: APIClient, failed: Message, verb: str, set_tier: Callable[..., None]
    ) -> None:
        set_tier(daily_messages=5)
        assert again(client, verb, failed)["X-RateLimit-Remaining"] == "3"

    def test_bursts_are_limited_together_with_sends(
        self, client: APIClient, failed: Message, room: Chatroom, verb: str, set_tier: Callable[..., None]
    ) -> None:
        set_tier(sends_per_minute=1)
        assert client.post(f"/chatroom/{room.pk}/message", {"content": ""}).status_code == 400  # it counts too
        assert again(client, verb, failed).status_code == 429
        assert reply_of(failed).status == "failed"

    def test_a_bad_wait_changes_nothing(self, client: APIClient, failed: Message, verb: str) -> None:
        path = f"/message/{failed.pk}" + ("" if verb == "edit" else f"/{verb}") + "?wait=26"
        method = client.patch if verb == "edit" else client.post
        answer = method(path, {"content": "New text"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "wait")
        assert (reply_of(failed).status, DailyUsage.objects.get().used) == ("failed", 1)


@pytest.mark.parametrize("verb", ["regenerate", "edit"])
def test_a_change_marks_the_message_stale_in_its_summary(client: APIClient, answered: Message, verb: str) -> None:
    Summary.objects.create(room_id=answered.room_id, content="notes", upto=answered.pk)
    again(client, verb, answered)
    assert Summary.objects.get().stale == [answered.pk]
    Reply.objects.update(status="done", content="x")
    again(client, verb, answered)
    assert Summary.objects.get().stale == [answered.pk], "once"


def test_a_retry_marks_the_message_stale_too(client: APIClient, failed: Message) -> None:
    Summary.objects.create(room_id=failed.room_id, content="notes", upto=failed.pk)
    again(client, "retry", failed)
    assert Summary.objects.get().stale == [failed.pk]


def test_a_summary_with_twenty_stale_messages_is_deleted(client: APIClient, answered: Message) -> None:
    Summary.objects.create(room_id=answered.room_id, content="notes", upto=answered.pk, stale=list(range(-20, 0)))
    again(client, "regenerate", answered)
    assert not Summary.objects.exists()


def test_the_stream_of_a_retry_does_not_have_the_old_failure(
    client: APIClient, failed: Message, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    from chatrooms import redis_stream, stream_entries

    reply = reply_of(failed)
    redis_stream.end(reply_id=reply.pk, attempt=1, event=stream_entries.Event.ERROR, data={"code": "blocked"})
    with django_capture_on_commit_callbacks(execute=True):
        again(client, "retry", failed)
    assert redis_stream._redis().exists(stream_entries.stream_key(reply.pk)) == 0


def test_a_summary_of_earlier_messages_is_kept(client: APIClient, answered: Message) -> None:
    Summary.objects.create(room_id=answered.room_id, content="notes", upto=answered.pk - 1)
    again(client, "regenerate", answered)
    assert Summary.objects.get().stale == []


def test_cleanup_keeps_a_message_with_an_earlier_reply(
    client: APIClient, answered: Message, room: Chatroom, send: Callable[..., Message]
) -> None:
    again(client, "regenerate", answered)
    end(answered, "failed", "", "blocked")
    other = send(room, "Never answered")
    end(other, "failed", "", "blocked")
    assert client.delete("/messages/cleanup").json() == {"deleted": 2}
    assert list(Message.objects.filter(role="user").values_list("pk", flat=True)) == [answered.pk]
    assert client.get(f"/message/{answered.pk}").json()["gemini_response"] == "answer"


def test_a_reply_restored_by_cleanup_is_stale_in_the_summary(
    client: APIClient, answered: Message, room: Chatroom, send: Callable[..., Message]
) -> None:
    again(client, "regenerate", answered)
    end(answered, "failed", "", "blocked")
    Summary.objects.create(room_id=answered.room_id, content="notes", upto=answered.pk)
    client.delete("/messages/cleanup")
    context = context_for(reply=reply_of(send(room, "And now?")), tier=Tier.objects.get(slug="basic"))
    assert [turn.text for turn in context.prompt.turns] == ["Hello", "answer", "And now?"]


def test_cleanup_after_an_edit_restores_no_reply_to_the_old_text(client: APIClient, answered: Message) -> None:
    again(client, "edit", answered)
    end(answered, "failed", "", "blocked")
    assert client.delete("/messages/cleanup").json() == {"deleted": 1}
    assert not Message.objects.exists()


@pytest.mark.parametrize("verb", ["regenerate", "edit", "retry"])
def test_a_further_reply_is_asked_the_same(client: APIClient, room: Chatroom, verb: str) -> None:
    asked = Asked(instruction="Be brief.", temperature=0.5, turns=[{"role": "user", "text": "Hi", "files": []}])
    sent = conversation.send(user_id=room.user_id, room_id=room.pk, content="Hello", asked=asked)
    message = Message.objects.get(pk=sent.pk)
    end(message, "failed", "", "blocked")
    assert again(client, verb, message).status_code == 202
    reply = reply_of(message)
    assert (reply.status, reply.asked) == ("queued", asked.as_json())
