"""Endpoints on this machine, and what sends to them in the process of the test."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from rest_framework.test import APIClient

from accounts.models import EventType, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, outbox, sending
from tests.accounts.webhooks.receiver import Receiver
from tests.clients import signed_in


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


@pytest.fixture
def api(alice: User) -> APIClient:
    """Alice's client."""
    return signed_in(alice)


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True


@pytest.fixture(autouse=True)
def _unpublished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "publish", lambda task: True)


@pytest.fixture
def make(alice: User) -> Callable[..., endpoints.Shown]:
    """Make an endpoint of Alice's, which is known to be prompt unless it is new."""

    def made(url: str, *types: EventType, user: User = alice, is_new: bool = False) -> endpoints.Shown:
        shown = endpoints.make(user_id=user.pk, url=url, event_types=types or [EventType.REPLY_DONE])
        if not is_new:
            known = WebhookEndpoint.objects.filter(pk=shown.endpoint.pk)
            known.update(prompt_since=Now() - sending.PROVEN_AFTER)
        return shown

    return made


@pytest.fixture
def tell(alice: User) -> Callable[..., int]:
    """Tell Alice's endpoints that a reply is done."""
    return lambda user=alice: outbox.tell(user_id=user.pk, type=EventType.REPLY_DONE, data={"reply_id": 8})


def send_all() -> int:
    """Send what is due now, one after another; how many attempts that were."""
    count = 0
    while sending.send_next():
        count += 1
    return count


def let_pass(time: timedelta) -> None:
    """Let time pass, by moving every moment of webhooks into the past, but those that events tell."""
    for model in (WebhookEndpoint, WebhookDelivery):
        moments = {field.name for field in model._meta.fields if field.get_internal_type() == "DateTimeField"}
        model._default_manager.update(**{name: F(name) - time for name in moments - {"occurred_at"}})


def only_delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("endpoint").get()
