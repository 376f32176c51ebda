"""Which endpoints are known to be prompt, so that all senders may wait for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import WebhookDelivery, WebhookEndpoint
from accounts.webhooks import schedule, sending, transport
from tests.accounts.webhooks.conftest import let_pass, only_delivery, send_all
from tests.accounts.webhooks.receiver import Receiver, slowly

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def is_known_to_be_prompt(tell: Callable[[], int]) -> bool:
    tell()
    found = sending.claim(to_slow=False) is not None
    WebhookDelivery.objects.all().delete()
    return found


def answered(tell: Callable[[], int], *, seconds: float) -> None:
    """An attempt that took so long, by the sender's clock."""
    tell()
    delivery = sending.claim()
    assert delivery is not None
    sending.record(delivery, transport.Outcome(status_code=204, seconds=seconds))


def test_a_new_endpoint_has_to_prove_it(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url, is_new=True)
    assert not is_known_to_be_prompt(tell)
    answered(tell, seconds=0.1)
    let_pass(sending.PROVEN_AFTER - MINUTE)
    assert not is_known_to_be_prompt(tell)
    let_pass(MINUTE)
    assert is_known_to_be_prompt(tell)


def test_a_slow_answer_ends_it(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    assert is_known_to_be_prompt(tell)
    answered(tell, seconds=2.1)
    assert only_delivery().status == "delivered"
    let_pass(sending.PROVEN_AFTER)
    assert not is_known_to_be_prompt(tell)
    answered(tell, seconds=1.9)
    assert not is_known_to_be_prompt(tell)
    let_pass(sending.PROVEN_AFTER)
    assert is_known_to_be_prompt(tell)


def test_an_attempt_is_as_long_as_its_receiver_takes(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    receiver.answer = slowly(0.3)
    tell()
    delivery = sending.claim()
    assert delivery is not None
    assert sending.attempt(delivery).seconds >= 0.3


def test_a_failure_at_once_does_not(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    tell()
    delivery = sending.claim()
    assert delivery is not None
    sending.record(delivery, transport.Outcome(error="connection_failed", seconds=0.1))
    assert is_known_to_be_prompt(tell)


def test_another_url_is_a_new_receiver(api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    endpoint = make(receiver.url).endpoint
    api.patch(f"/webhook-endpoints/{endpoint.pk}", {"url": f"{receiver.url}/other"})
    assert not is_known_to_be_prompt(tell)


def test_one_that_is_not_known_gets_one_request_at_a_time(
    make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    make(receiver.url, is_new=True)
    tell()
    tell()
    assert sending.claim() is not None
    assert sending.claim() is None


def test_an_unexpected_error_is_a_failed_attempt(
    make: Callable[..., Any], receiver: Receiver, tell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    make(receiver.url)
    tell()
    monkeypatch.setattr(transport, "post", broken)
    assert send_all() == 1
    delivery = only_delivery()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("pending", 1, "internal_error")
    assert WebhookEndpoint.objects.get().failures == 1
    let_pass(sending.LEASE)
    for pause in schedule.PAUSES[1:]:
        assert send_all() == 1
        let_pass(pause * 1.1)
    assert send_all() == 1
    assert (only_delivery().status, only_delivery().attempts) == ("failed", 10)
    assert send_all() == 0
