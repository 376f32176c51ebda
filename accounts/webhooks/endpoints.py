"""Making, changing, rotating and ending endpoints; and replaying what they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from accounts import audit
from accounts.exceptions import (
    DeliveryNotFound,
    DeliveryPending,
    OverlapRunning,
    SessionEnded,
    TooManyWebhookEndpoints,
    WebhookEndpointDisabled,
    WebhookEndpointNotFound,
)
from accounts.models import DisabledReason, EventType, User, WebhookDelivery, WebhookEndpoint
from accounts.webhooks import outbox, secret_text

MOST: Final = 10
"""Endpoints per user, disabled ones among them."""

LONGEST_OVERLAP: Final = timedelta(hours=24)

BATCH: Final = 1000

DISABLED: Final = "endpoint_disabled"
"""The error of a delivery whose endpoint was disabled before it was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An endpoint with its secret, which is shown only now."""

    endpoint: WebhookEndpoint
    secret: str


def of_user(user_id: int) -> QuerySet[WebhookEndpoint]:
    """The user's endpoints, the newest first."""
    return WebhookEndpoint.objects.for_user(user_id).order_by("-created_at", "id")


def find(*, user_id: int, endpoint_id: UUID) -> WebhookEndpoint:
    """Return an endpoint of the user.

    Raises:
        WebhookEndpointNotFound: it is not one of the user's.
    """
    endpoint = WebhookEndpoint.objects.for_user(user_id).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise WebhookEndpointNotFound
    return endpoint


def make(*, user_id: int, url: str, event_types: Sequence[EventType]) -> Shown:
    """Make an endpoint for a URL that was checked (`targets.read`).

    Raises:
        SessionEnded: the user was disabled or erased since the request was authenticated.
        TooManyWebhookEndpoints: the user has `MOST` already. The user's lock makes the count exact.
    """
    endpoint_id, secret = uuid4(), secret_text.new()
    with transaction.atomic():
        if User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first() is None:
            raise SessionEnded
        if WebhookEndpoint.objects.for_user(user_id).count() >= MOST:
            raise TooManyWebhookEndpoints
        WebhookEndpoint.objects.create(
            pk=endpoint_id,
            user_id=user_id,
            url=url,
            event_types=list(event_types),
            sealed_secret=secret_text.seal(secret, endpoint_id=endpoint_id),
        )
        made = find(user_id=user_id, endpoint_id=endpoint_id)
    audit.record("webhook_endpoint_made", user_id=user_id, endpoint_id=str(endpoint_id))
    return Shown(endpoint=made, secret=secret_text.shown(secret))


def change(*, user_id: int, endpoint_id: UUID, enabled: bool | None = None, **fields: Any) -> WebhookEndpoint:
    """Change the URL or the event types (`fields`), and enable or disable an endpoint.

    Raises:
        WebhookEndpointNotFound: it is not one of the user's.
        WebhookEndpointDisabled: staff have disabled it, and it is to be enabled.
    """
    with transaction.atomic():
        mine = WebhookEndpoint.objects.for_user(user_id).filter(pk=endpoint_id)
        endpoint = mine.select_for_update(no_key=True).first()
        if endpoint is None:
            raise WebhookEndpointNotFound
        if enabled and endpoint.disabled_reason == DisabledReason.STAFF:
            raise WebhookEndpointDisabled("Staff have disabled this endpoint.")
        if enabled or fields.get("url", endpoint.url) != endpoint.url:
            fields |= {"failing_since": None, "failures": 0, "paused_until": None, "prompt_since": None}
        if enabled:
            fields |= {"disabled_at": None, "disabled_reason": ""}
        if fields:
            mine.update(**fields)
        if enabled is False:
            disable(endpoint_id=endpoint_id, reason=DisabledReason.USER)
        return find(user_id=user_id, endpoint_id=endpoint_id)


def delete(*, user_id: int, endpoint_id: UUID) -> None:
    """Delete an endpoint with its deliveries.

    Raises:
        WebhookEndpointNotFound: it is not one of the user's.
    """
    find(user_id=user_id, endpoint_id=endpoint_id)
    disable(endpoint_id=endpoint_id, reason=DisabledReason.USER)  # so that nothing is added while the rows go
    deliveries = WebhookDelivery.objects.filter(endpoint_id=endpoint_id)
    while batch := list(deliveries.values_list("pk", flat=True)[:BATCH]):
        deliveries.filter(pk__in=batch).delete()
    with transaction.atomic():
        mine = WebhookEndpoint.objects.for_user(user_id).filter(pk=endpoint_id)
        if mine.select_for_update().first() is None:
            raise WebhookEndpointNotFound
        mine.delete()
    audit.record("webhook_endpoint_deleted", user_id=user_id, endpoint_id=str(endpoint_id))


def rotate(*, user_id: int, endpoint_id: UUID, overlap: timedelta) -> Shown:
    """Give an endpoint another secret. For `overlap` the former one signs too, so that either verifies.

    Raises:
        WebhookEndpointNotFound: it is not one of the user's.
        OverlapRunning: the secret before the last rotation still signs, and `overlap` asks to keep the current one.
    """
    secret = secret_text.new()
    mine = WebhookEndpoint.objects.for_user(user_id).filter(pk=endpoint_id)
    is_over = Q(previous_until=None) | Q(previous_until__lte=Now())
    former = {"previous_sealed_secret": F("sealed_secret"), "previous_until": Now() + overlap}
    none = {"previous_sealed_secret": None, "previous_until": None}
    rotated = (mine.filter(is_over) if overlap else mine).update(
        **(former if overlap else none),
        sealed_secret=secret_text.seal(secret, endpoint_id=endpoint_id),
        rotated_at=Now(),
    )
    if not rotated:
        raise OverlapRunning if mine.exists() else WebhookEndpointNotFound
    audit.record("webhook_secret_rotated", user_id=user_id, endpoint_id=str(endpoint_id))
    return Shown(endpoint=find(user_id=user_id, endpoint_id=endpoint_id), secret=secret_text.shown(secret))


def disable(*, endpoint_id: UUID, reason: DisabledReason) -> bool:
    """Send nothing to an endpoint any more, and end what waits for it; False if it was disabled already.

    What staff do stands over every other reason.
    """
    enabled = WebhookEndpoint.objects.filter(pk=endpoint_id)
    with transaction.atomic():
        if reason != DisabledReason.STAFF:
            enabled = enabled.filter(disabled_at=None)
        if not enabled.update(disabled_at=Now(), disabled_reason=reason):
            return False
        WebhookDelivery.objects.filter(endpoint_id=endpoint_id, status=WebhookDelivery.Status.PENDING).update(
            status=WebhookDelivery.Status.FAILED,
            last_error=DISABLED,
            next_attempt_at=None,
            lease_until=None,
            ended_at=Now(),
        )
    audit.record("webhook_endpoint_disabled", endpoint_id=str(endpoint_id), reason=reason.value)
    return True


def test(*, user_id: int, endpoint_id: UUID) -> WebhookDelivery:
    """Send an endpoint an event that tells nothing.

    Raises:
        WebhookEndpointNotFound: it is not one of the user's.
        WebhookEndpointDisabled: it gets nothing.
    """
    with transaction.atomic():
        _hold_enabled(user_id, endpoint_id)
        delivery = outbox.tell_test(endpoint_id=endpoint_id, user_id=user_id)
        delivery.refresh_from_db()
    return delivery


def replay(*, user_id: int, endpoint_id: UUID, delivery_id: int) -> WebhookDelivery:
    """Send a delivery that has ended once more, with the same id and all its attempts.

    Raises:
        WebhookEndpointNotFound, DeliveryNotFound: it is not one of the user's.
        WebhookEndpointDisabled: its endpoint gets nothing.
        DeliveryPending: it has not ended.
    """
    this = WebhookDelivery.objects.filter(endpoint_id=endpoint_id, pk=delivery_id)
    with transaction.atomic():
        _hold_enabled(user_id, endpoint_id)
        if not this.exists():
            raise DeliveryNotFound
        ended = this.exclude(status=WebhookDelivery.Status.PENDING)
        if not ended.update(status=WebhookDelivery.Status.PENDING, attempts=0, next_attempt_at=Now(), ended_at=None):
            raise DeliveryPending
        outbox.send_on_commit()
    return this.get()


def _hold_enabled(user_id: int, endpoint_id: UUID) -> None:
    """Lock the endpoint until the transaction ends, so that it is neither disabled nor deleted meanwhile."""
    mine = WebhookEndpoint.objects.for_user(user_id).filter(pk=endpoint_id)
    endpoint = mine.select_for_update(no_key=True).first()
    if endpoint is None:
        raise WebhookEndpointNotFound
    if not endpoint.enabled:
        raise WebhookEndpointDisabled
