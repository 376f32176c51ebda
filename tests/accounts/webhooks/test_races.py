"""Endpoints that end while something is told: nothing that happens fails for a webhook."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from accounts.models import DisabledReason, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import endpoints, sending
from tests.locks import wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(verb: Callable[..., Any], **arguments: Any) -> tuple[threading.Thread, list[Exception]]:
    errors: list[Exception] = []

    def run() -> None:
        try:
            verb(**arguments)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_an_endpoint_that_is_just_told_is_deleted_after_it(make: Callable[..., Any], alice: User, tell: Any) -> None:
    endpoint = make("https://example.com/").endpoint
    with transaction.atomic():
        assert tell() == 1
        thread, errors = in_a_thread(endpoints.delete, user_id=alice.pk, endpoint_id=endpoint.pk)
        wait_for_a_waiter()
    thread.join()
    assert errors == []
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()


def test_an_endpoint_that_is_just_told_is_disabled_after_it(make: Callable[..., Any], tell: Any) -> None:
    """Otherwise what it was told would wait for ever."""
    endpoint = make("https://example.com/").endpoint
    with transaction.atomic():
        assert tell() == 1
        thread, errors = in_a_thread(endpoints.disable, endpoint_id=endpoint.pk, reason=DisabledReason.STAFF)
        wait_for_a_waiter()
    thread.join()
    assert errors == []
    assert WebhookDelivery.objects.get().status == "failed"


def test_an_endpoint_that_is_just_deleted_is_not_told(make: Callable[..., Any], alice: User, tell: Any) -> None:
    endpoint = make("https://example.com/").endpoint
    with transaction.atomic():
        WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        thread, errors = in_a_thread(tell)
        wait_for_a_waiter()
        WebhookEndpoint.objects.filter(pk=endpoint.pk).delete()
    thread.join()
    assert errors == []
    assert not WebhookDelivery.objects.exists()


def test_what_is_being_sent_when_it_is_disabled_stays_failed(make: Callable[..., Any], tell: Any) -> None:
    endpoint = make("https://example.com/").endpoint
    tell()
    claimed = sending.claim()
    assert claimed is not None
    assert endpoints.disable(endpoint_id=endpoint.pk, reason=DisabledReason.STAFF)
    sending.record(claimed, sending.Outcome(status_code=200))
    assert WebhookDelivery.objects.get().status == "failed"
    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == "staff"
