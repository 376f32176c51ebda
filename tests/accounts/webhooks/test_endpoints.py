"""Webhook endpoints over HTTP."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import EventType, Scope, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, sending
from tests.accounts.conftest import field_codes, problem
from tests.accounts.webhooks.conftest import only_delivery, send_all
from tests.accounts.webhooks.receiver import Receiver, status
from tests.clients import signed_in, with_key

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/kuvaka"


def create(client: APIClient, url: str = URL, types: Any = ("reply.done",)) -> Any:
    return client.post("/webhook-endpoints", {"url": url, "event_types": types})


def test_an_endpoint_shows_its_secret_once(api: APIClient) -> None:
    made = create(api)
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    url = f"/webhook-endpoints/{made.json()['id']}"
    for shown in (api.get("/webhook-endpoints"), api.get(url), api.patch(url, {"event_types": ["reply.failed"]})):
        assert shown.status_code == 200
        assert secret not in shown.content.decode()
    assert api.get(url).json()["event_types"] == ["reply.failed"]


def test_the_database_has_no_usable_secret(api: APIClient, settings: Any) -> None:
    secret = create(api).json()["secret"]
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text, encode(sealed_secret, 'base64') FROM accounts_webhookendpoint e")
        row = " ".join(cursor.fetchone())
    for form in (secret, secret.removeprefix("whsec_"), raw.hex()):
        assert form not in row


@pytest.mark.parametrize(
    "url",
    [
        "https://user:password@example.com/",
        "https://user@example.com/",
        "https://example.com/#part",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://example.com\\@10.0.0.1/",
        "ftp://example.com/",
        "//example.com/",
        "https://",
        "https://-/",
        "https://münchen.example/",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_a_url_that_is_not_for_webhooks_is_refused(api: APIClient, settings: Any, url: str) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = False
    assert {field for field, _ in field_codes(create(api, url))} == {"url"}
    assert not WebhookEndpoint.objects.exists()


def test_http_is_for_development(api: APIClient, settings: Any) -> None:
    settings.WEBHOOK_ALLOW_HTTP = False
    assert field_codes(create(api, "http://example.com/")) == {("url", "invalid")}
    settings.WEBHOOK_ALLOW_HTTP = True
    assert create(api, "http://example.com/").status_code == 201


@pytest.mark.parametrize("types", [["reply.*"], ["webhook.test"], ["reply.done", "reply.done"], "reply.done", None])
def test_event_types_are_a_list_of_known_ones(api: APIClient, types: Any) -> None:
    response = api.post("/webhook-endpoints", {"url": URL, "event_types": types}, format="json")
    assert response.status_code == 400
    assert not WebhookEndpoint.objects.exists()


def test_an_empty_list_is_nothing(make: Callable[..., Any], alice: User, receiver: Receiver, tell: Any) -> None:
    endpoints.make(user_id=alice.pk, url=receiver.url, event_types=[])
    assert tell() == 0
    assert not WebhookDelivery.objects.exists()


def test_endpoints_are_capped(api: APIClient, make: Callable[..., Any]) -> None:
    for _ in range(endpoints.MOST):
        make(URL)
    assert problem(create(api)) == (409, "too_many_webhook_endpoints")
    assert WebhookEndpoint.objects.count() == endpoints.MOST


def test_a_strangers_endpoint_is_404(make: Callable[..., Any], mallory: User, receiver: Receiver, tell: Any) -> None:
    url = f"/webhook-endpoints/{make(receiver.url).endpoint.pk}"
    tell()
    theirs, before = signed_in(mallory), list(WebhookEndpoint.objects.values())
    answers = [
        theirs.get(url),
        theirs.patch(url, {"url": URL}),
        theirs.delete(url),
        theirs.post(f"{url}/rotate", {"overlap": 0}),
        theirs.post(f"{url}/test"),
        theirs.get(f"{url}/deliveries"),
        theirs.post(f"{url}/deliveries/{only_delivery().pk}/replay"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert list(WebhookEndpoint.objects.values()) == before
    assert theirs.get("/webhook-endpoints").json() == []


def test_a_delivery_of_another_endpoint_is_404(
    api: APIClient, make: Callable[..., Any], mallory: User, tell: Any
) -> None:
    make(URL)
    tell()
    sending.record(only_delivery(), sending.Outcome(error="timeout"))
    own = make(URL, user=mallory).endpoint
    answer = signed_in(mallory).post(f"/webhook-endpoints/{own.pk}/deliveries/{only_delivery().pk}/replay")
    assert problem(answer) == (404, "not_found")


def test_a_key_needs_the_scope(alice: User, make: Callable[..., Any]) -> None:
    made = create(with_key(alice, Scope.WEBHOOKS))
    assert made.status_code == 201
    others = with_key(alice, *(scope for scope in Scope if scope != Scope.WEBHOOKS))
    for refused in (create(others), others.get(f"/webhook-endpoints/{made.json()['id']}")):
        assert problem(refused) == (403, "scope_missing")


def test_a_test_event_reaches_an_endpoint_that_wants_nothing(api: APIClient, receiver: Receiver) -> None:
    made = create(api, receiver.url, []).json()
    assert api.post(f"/webhook-endpoints/{made['id']}/test").status_code == 202
    assert send_all() == 1
    [request] = receiver.received
    event = request.verified_with(made["secret"])
    assert (event["type"], event["data"]["endpoint_id"]) == ("webhook.test", made["id"])


def test_deliveries_are_listed_by_pages(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    receiver.answer = status(500)
    endpoint = make(receiver.url).endpoint
    for _ in range(3):
        tell()
    sending.send_next()
    first = api.get(f"/webhook-endpoints/{endpoint.pk}/deliveries", {"limit": 2})
    newest, second = first.json()
    assert newest["id"] > second["id"]
    assert 'rel="next"' in first["Link"]
    rest = api.get(first["Link"].split(">")[0].removeprefix("<").removeprefix("http://testserver")).json()
    [tried] = rest
    assert (tried["status"], tried["attempts"], tried["last_status_code"]) == ("pending", 1, 500)
    assert tried["next_attempt_at"] is not None
    assert tried["webhook_id"] == receiver.received[0].id


def test_a_replay_has_the_same_id(api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    endpoint = make(receiver.url).endpoint
    tell()
    url = f"/webhook-endpoints/{endpoint.pk}/deliveries/{only_delivery().pk}/replay"
    assert problem(api.post(url)) == (409, "delivery_pending")
    send_all()
    assert only_delivery().status == "delivered"
    assert api.post(url).json()["status"] == "pending"
    send_all()
    first, second = receiver.received
    assert (first.id, first.body) == (second.id, second.body)


def test_a_disabled_endpoint_gets_nothing_until_enabled(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    url = f"/webhook-endpoints/{make(receiver.url).endpoint.pk}"
    tell()
    disabled = api.patch(url, {"enabled": False}).json()
    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "user")
    delivery = only_delivery()
    assert (delivery.status, delivery.last_error) == ("failed", "endpoint_disabled")
    assert (tell(), send_all()) == (0, 0)
    assert problem(api.post(f"{url}/test")) == (409, "webhook_endpoint_disabled")
    assert problem(api.post(f"{url}/deliveries/{delivery.pk}/replay")) == (409, "webhook_endpoint_disabled")
    assert receiver.connections == 0
    enabled = api.patch(url, {"enabled": True}).json()
    assert (enabled["enabled"], enabled["disabled_at"], enabled["disabled_reason"]) == (True, None, None)
    assert (tell(), send_all()) == (1, 1)


def test_what_staff_disable_only_they_enable(api: APIClient, make: Callable[..., Any]) -> None:
    endpoint = make(URL).endpoint
    endpoints.disable(endpoint_id=endpoint.pk, reason=endpoints.DisabledReason.STAFF)
    answer = api.patch(f"/webhook-endpoints/{endpoint.pk}", {"enabled": True})
    assert problem(answer) == (409, "webhook_endpoint_disabled")
    assert api.get(f"/webhook-endpoints/{endpoint.pk}").json()["disabled_reason"] == "staff"


def test_a_deleted_endpoint_takes_its_deliveries_along(
    api: APIClient, make: Callable[..., Any], receiver: Receiver, tell: Any
) -> None:
    url = f"/webhook-endpoints/{make(receiver.url).endpoint.pk}"
    tell()
    assert api.delete(url).status_code == 204
    assert api.delete(url).status_code == 404
    assert (send_all(), WebhookDelivery.objects.count(), receiver.connections) == (0, 0, 0)


def test_two_endpoints_get_the_same_event(make: Callable[..., Any], receiver: Receiver, tell: Any) -> None:
    make(receiver.url)
    make(receiver.url, EventType.REPLY_DONE, EventType.REPLY_FAILED)
    make(receiver.url, EventType.REPLY_FAILED)
    assert tell() == 2
    assert send_all() == 2
    assert len({request.id for request in receiver.received}) == 1
