"""Deliveries: their signature, their attempts, and what ends them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient
from standardwebhooks.webhooks import WebhookVerificationError

from accounts.models import User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import schedule, sending
from tests.accounts.webhooks.conftest import let_pass, only_delivery, send_all
from tests.accounts.webhooks.receiver import Receiver, status

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_the_official_library_verifies_a_delivery(
    make: Callable[..., Any], receiver: Receiver, alice: User, tell: Any
) -> None:
    secret = make(receiver.url).secret
    tell()
    assert send_all() == 1
    [request] = receiver.received
    event = request.verified_with(secret)
    assert event.keys() == {"type", "timestamp", "data"}
    assert (event["type"], event["data"]) == ("reply.done", {"user_id": alice.pk, "reply_id": 8})
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    delivery = only_delivery()
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("delivered", 1, 204)
    assert request.id == delivery.message_id


def test_both_secrets_sign_during_the_overlap(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    shown = make(receiver.url)
    url, former = f"/webhook-endpoints/{shown.endpoint.pk}/rotate", shown.secret
    current = api.post(url, {"overlap": 3600}).json()["secret"]
    tell()
    send_all()
    for secret in (former, current):
        assert receiver.received[0].verified_with(secret)
    assert api.post(url, {"overlap": 60}).json()["code"] == "overlap_running"
    let_pass(HOUR)
    tell()
    send_all()
    assert receiver.received[1].verified_with(current)
    with pytest.raises(WebhookVerificationError):
        receiver.received[1].verified_with(former)


def test_a_rotation_without_overlap_ends_the_former_at_once(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    shown = make(receiver.url)
    url = f"/webhook-endpoints/{shown.endpoint.pk}/rotate"
    second = api.post(url, {"overlap": 86_400}).json()["secret"]
    third = api.post(url, {"overlap": 0}).json()["secret"]
    tell()
    send_all()
    assert receiver.received[0].verified_with(third)
    assert " " not in receiver.received[0].headers["webhook-signature"]
    for former in (shown.secret, second):
        with pytest.raises(WebhookVerificationError):
            receiver.received[0].verified_with(former)


@pytest.mark.parametrize("overlap", [-1, 86_401, "1h", None])
def test_an_overlap_is_at_most_a_day(api: APIClient, make: Callable[..., Any], overlap: Any) -> None:
    url = f"/webhook-endpoints/{make('https://example.com').endpoint.pk}/rotate"
    assert api.post(url, {"overlap": overlap}, format="json").status_code == 400


def test_a_failing_delivery_is_attempted_for_three_days(
    make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    receiver.answer = status(500)
    make(receiver.url)
    tell()
    waited = timedelta()
    for pause in schedule.PAUSES:
        assert send_all() == 1
        let_pass(pause * 0.99)
        assert send_all() == 0
        let_pass(pause * 0.12)
        waited += pause
    assert send_all() == 1
    delivery = only_delivery()
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("failed", 10, 500)
    assert timedelta(days=3) < waited < timedelta(days=3.5)
    assert len({request.id for request in receiver.received}) == 1
    assert len({request.body for request in receiver.received}) == 1
    let_pass(DAY)
    assert send_all() == 0


def test_a_delivery_succeeds_after_failures(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    receiver.answer = status(503)
    make(receiver.url)
    tell()
    send_all()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.failures, endpoint.failing_since is None) == (1, False)
    receiver.answer = status(200)
    let_pass(6 * timedelta(seconds=1))
    assert send_all() == 1
    assert only_delivery().status == "delivered"
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_a_redirect_is_a_failure(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    with Receiver() as elsewhere:
        receiver.answer = status(301, f"Location: {elsewhere.url}")
        make(receiver.url)
        tell()
        assert send_all() == 1
        assert (only_delivery().status, only_delivery().last_status_code) == ("pending", 301)
        assert elsewhere.connections == 0


def test_gone_disables_the_endpoint_at_once(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    receiver.answer = status(410)
    endpoint = make(receiver.url).endpoint
    tell()
    tell()
    assert send_all() == 1
    shown = api.get(f"/webhook-endpoints/{endpoint.pk}").json()
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    assert {delivery.status for delivery in WebhookDelivery.objects.all()} == {"failed"}
    let_pass(DAY)
    assert send_all() == 0
    assert len(receiver.received) == 1


def test_an_endpoint_that_fails_for_five_days_is_disabled(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    receiver.answer = status(500)
    endpoint = make(receiver.url).endpoint
    for _ in range(5):
        tell()
        send_all()
        let_pass(DAY)
    assert api.get(f"/webhook-endpoints/{endpoint.pk}").json()["enabled"] is True
    tell()
    send_all()
    shown = api.get(f"/webhook-endpoints/{endpoint.pk}").json()
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "failing")


@pytest.mark.parametrize(
    ("asked", "least", "most"), [("60", 60, 61), ("1", 5, 6), ("99999999999", 86_399, 86_401), ("soon", 5, 6)]
)
def test_retry_after_is_respected_within_bounds(
    make: Callable[..., Any], receiver: Receiver, tell: Any, asked: str, least: float, most: float
) -> None:
    receiver.answer = status(503, f"Retry-After: {asked}")
    make(receiver.url)
    tell()
    send_all()
    delivery = only_delivery()
    assert delivery.next_attempt_at is not None
    assert delivery.last_attempt_at is not None
    pause = (delivery.next_attempt_at - delivery.last_attempt_at).total_seconds()
    assert least <= pause <= most


def test_an_endpoint_that_keeps_failing_is_paused(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    receiver.answer = status(500)
    make(receiver.url)
    for _ in range(20):
        tell()
    assert send_all() == schedule.FAILURES_THAT_PAUSE
    let_pass(schedule.FIRST_PAUSE)
    assert send_all() == 1
    let_pass(schedule.FIRST_PAUSE)
    assert send_all() == 0
    receiver.answer = status(200)
    let_pass(HOUR)
    assert send_all() == 20


def test_one_delivery_is_never_claimed_twice(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    tell()
    assert sending.claim() is not None
    assert sending.claim() is None


def test_a_killed_senders_delivery_is_sent_again(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    tell()
    lost = sending.claim()
    assert lost is not None
    let_pass(sending.LEASE)
    assert send_all() == 1
    [request] = receiver.received
    assert request.id == lost.message_id
    assert only_delivery().attempts == 1


def test_a_sender_that_lost_its_lease_records_nothing(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    tell()
    lost = sending.claim()
    assert lost is not None
    let_pass(sending.LEASE)
    assert sending.claim() is not None
    before = list(WebhookDelivery.objects.values()), list(WebhookEndpoint.objects.values())
    sending.record(lost, sending.Outcome(status_code=500))
    assert (list(WebhookDelivery.objects.values()), list(WebhookEndpoint.objects.values())) == before


def test_an_endpoint_has_few_requests_at_a_time(
    make: Callable[..., Any], bob: User, receiver: Receiver, tell: Any
) -> None:
    busy, other = make(receiver.url).endpoint, make(receiver.url, user=bob).endpoint
    for _ in range(10):
        tell()
    tell(bob)
    claimed = [sending.claim() for _ in range(10)]
    of = [delivery.endpoint_id for delivery in claimed if delivery]
    assert (of.count(busy.pk), of.count(other.pk)) == (4, 1)
    assert of.index(other.pk) <= 1, "the one that has waited longest is next"


def test_a_users_endpoints_share_a_number_of_requests(
    make: Callable[..., Any], bob: User, receiver: Receiver, tell: Any
) -> None:
    for _ in range(3):
        make(receiver.url)
    theirs = make(receiver.url, user=bob).endpoint
    for _ in range(5):
        tell()
    claimed = [sending.claim() for _ in range(9)]
    assert None not in claimed[:8]
    assert claimed[8] is None
    tell(bob)
    last = sending.claim()
    assert last is not None
    assert last.endpoint_id == theirs.pk


def test_with_another_secret_key_nothing_is_sent(
    make: Callable[..., Any], receiver: Receiver, settings: Any, tell: Any
) -> None:
    make(receiver.url)
    tell()
    settings.SECRET_KEY = "another secret key, of a restored backup"
    send_all()
    assert (only_delivery().last_error, receiver.connections) == ("secret_unreadable", 0)


def test_a_secret_is_readable_for_its_endpoint_alone(
    make: Callable[..., Any], receiver: Receiver, mallory: User, tell: Any
) -> None:
    """Who can write to the database cannot have Mallory's secret sign for Alice's endpoint."""
    make(receiver.url)
    theirs = make(receiver.url, user=mallory).endpoint
    tell()
    WebhookEndpoint.objects.exclude(pk=theirs.pk).update(
        sealed_secret=WebhookEndpoint.objects.values_list("sealed_secret", flat=True).get(pk=theirs.pk)
    )
    send_all()
    assert (only_delivery().last_error, receiver.connections) == ("secret_unreadable", 0)


def test_a_rotation_makes_an_unreadable_secret_good_again(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, settings: Any, tell: Any
) -> None:
    endpoint = make(receiver.url).endpoint
    WebhookEndpoint.objects.update(sealed_secret=b"sealed with another key, long ago")
    secret = api.post(f"/webhook-endpoints/{endpoint.pk}/rotate", {"overlap": 3600}).json()["secret"]
    tell()
    send_all()
    assert receiver.received[0].verified_with(secret)
