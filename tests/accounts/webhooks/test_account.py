"""Webhooks in the export, the erasure and the purge; and API keys that expire."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts import tasks
from accounts.models import ApiKey, EventType, User, WebhookDelivery, WebhookEndpoint
from accounts.personal_data import erasure
from accounts.webhooks import outbox
from tests.accounts.webhooks.conftest import let_pass, only_delivery, send_all
from tests.accounts.webhooks.receiver import Receiver, status
from tests.clients import make_api_key

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def erase(user: User) -> None:
    erasure.begin(user_id=user.pk)
    assert tasks.erase(user.pk) == "done"


def test_the_export_has_endpoints_and_deliveries_without_secrets(
    api: APIClient, make: Callable[..., Any], tell: Any
) -> None:
    shown = make("https://example.com/hook")
    tell()
    response = api.get("/user/me/export")
    text = b"".join(response.streaming_content).decode()
    response.close()
    exported = json.loads(text)
    [endpoint], [delivery] = exported["webhook_endpoints"], exported["webhook_deliveries"]
    assert (endpoint["url"], endpoint["event_types"]) == ("https://example.com/hook", ["reply.done"])
    assert (delivery["event_type"], delivery["data"]["reply_id"]) == ("reply.done", 8)
    assert "sealed" not in text
    assert shown.secret not in text


def test_the_erasure_is_told_when_the_account_is_gone(
    make: Callable[..., Any], receiver: Receiver, alice: User, bob: User, tell: Any
) -> None:
    shown = make(receiver.url, EventType.REPLY_DONE, EventType.ACCOUNT_ERASED)
    make(receiver.url, EventType.REPLY_DONE)
    theirs = make(receiver.url, EventType.ACCOUNT_ERASED, user=bob).endpoint
    tell()
    user_id, number = alice.pk, alice.mobile_number
    erase(alice)
    assert not User.objects.filter(pk=user_id).exists()
    delivery = only_delivery()
    assert (delivery.event_type, delivery.data, delivery.endpoint.user_id) == (
        "account.erased",
        {"user_id": user_id},
        None,
    )
    assert number not in str(list(WebhookDelivery.objects.values())) + str(list(WebhookEndpoint.objects.values()))
    assert tasks.purge()["WebhookEndpoint"] == 0, "it waits for its delivery"
    assert send_all() == 1
    assert receiver.received[0].verified_with(shown.secret)["type"] == "account.erased"
    assert tasks.purge()["WebhookEndpoint"] > 0
    assert list(WebhookEndpoint.objects.values_list("pk", flat=True)) == [theirs.pk]
    assert not WebhookDelivery.objects.exists()


def test_what_is_told_during_an_erasure_goes_with_the_account(make: Callable[..., Any], alice: User, tell: Any) -> None:
    """The steps before have deleted the other rows; this one came after them."""
    make("https://example.com/", EventType.REPLY_DONE, EventType.ACCOUNT_ERASED)
    tell()
    outbox.tell_of_erasure(user_id=alice.pk)
    assert only_delivery().event_type == "account.erased"


def test_an_erasure_leaves_nothing_that_is_not_to_be_told(make: Callable[..., Any], alice: User, tell: Any) -> None:
    make("https://example.com/")
    tell()
    erase(alice)
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_an_erasure_that_nobody_takes_is_given_up(make: Callable[..., Any], receiver: Receiver, alice: User) -> None:
    receiver.answer = status(410)
    make(receiver.url, EventType.ACCOUNT_ERASED)
    erase(alice)
    assert send_all() == 1
    tasks.purge()
    assert not WebhookEndpoint.objects.exists()


def test_deliveries_are_kept_for_thirty_days(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    tell()
    send_all()
    WebhookDelivery.objects.update(occurred_at=Now() - 29 * DAY)
    assert tasks.purge()["WebhookDelivery"] == 0
    WebhookDelivery.objects.update(occurred_at=Now() - 30 * DAY)
    assert tasks.purge()["WebhookDelivery"] == 1
    assert WebhookEndpoint.objects.count() == 1


def test_a_key_that_expires_is_told_once_for_each_end(make: Callable[..., Any], alice: User, bob: User) -> None:
    make("https://example.com/", EventType.KEY_EXPIRING)
    make("https://example.com/", EventType.KEY_EXPIRING)
    soon = make_api_key(alice, expires_at=Now() + 8 * DAY)
    for user, fields in (
        (alice, {"expires_at": Now() + DAY, "revoked_at": Now()}),
        (alice, {"expires_at": Now() - DAY}),
        (bob, {"expires_at": Now() + DAY}),
    ):
        make_api_key(user, **fields)
    assert tasks.tell_of_expiring_keys() == 0
    ApiKey.objects.update(expires_at=F("expires_at") - 2 * DAY)
    assert [tasks.tell_of_expiring_keys(), tasks.tell_of_expiring_keys()] == [2, 0]
    first, second = WebhookDelivery.objects.all()
    assert first.event_id == second.event_id
    expires_at = ApiKey.objects.get(pk=soon.id).expires_at
    assert first.data == {
        "user_id": alice.pk,
        "key_id": str(soon.id),
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert ApiKey.objects.filter(user=bob, expiry_told=None).count() == 1, "who has no endpoint costs no write"
    ApiKey.objects.filter(pk=soon.id).update(expires_at=Now() + 5 * DAY)
    assert tasks.tell_of_expiring_keys() == 2


def test_what_was_lost_with_redis_is_found_by_the_sweep(
    make: Callable[..., Any], receiver: Receiver, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "publish", lambda task: False)
    make(receiver.url)
    tell()
    let_pass(DAY)
    assert send_all() == 1
