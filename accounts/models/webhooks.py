"""Outgoing webhooks: the endpoints of users, and what is to be delivered to them."""

import uuid
from typing import Final, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.users import User

MAX_WEBHOOK_URL: Final = 2000


class EventType(models.TextChoices):
    """What an endpoint can be told."""

    REPLY_DONE = "reply.done"
    REPLY_FAILED = "reply.failed"
    REPLY_STOPPED = "reply.stopped"
    QUOTA_EXHAUSTED = "quota.exhausted"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    KEY_EXPIRING = "key.expiring"
    ACCOUNT_ERASED = "account.erased"


TEST_EVENT: Final = "webhook.test"
"""The type of the event that a user asks for. No endpoint lists it."""


class DisabledReason(models.TextChoices):
    """Why an endpoint gets nothing."""

    USER = "user"
    GONE = "gone"
    FAILING = "failing"
    STAFF = "staff"


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def for_user(self, user_id: int) -> Self:
        return self.filter(user_id=user_id)


class WebhookEndpoint(models.Model):
    """A URL that is told of a user's events. Its secret is shown once, and kept encrypted (`webhooks.secret_text`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="webhook_endpoints")
    """None after the account was erased, until the endpoint was told of it."""
    url = models.CharField(max_length=MAX_WEBHOOK_URL)
    event_types = ArrayField(models.CharField(max_length=32), default=list, db_default=[])
    """What it is told; an empty list is nothing."""
    sealed_secret = models.BinaryField(editable=False)
    previous_sealed_secret = models.BinaryField(null=True, editable=False)
    """Of the secret before the last rotation, which signs too until `previous_until`."""
    previous_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    rotated_at = models.DateTimeField(null=True, editable=False)
    disabled_at = models.DateTimeField(null=True, editable=False)
    disabled_reason = models.CharField(max_length=8, default="", db_default="", choices=DisabledReason, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    """When the first of the attempts failed that have failed since the last success."""
    failures = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """Attempts that have failed since the last success."""
    paused_until = models.DateTimeField(null=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True, editable=False)
    prompt_since = models.DateTimeField(null=True, editable=False)
    """When the first of the attempts ended that were all answered at once since; null after one that was not."""

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(event_types__contained_by=EventType.values), name="webhook_event_types_are_known"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_reason="")
                | (Q(disabled_at__isnull=False) & ~Q(disabled_reason="")),
                name="webhook_disabled_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(previous_sealed_secret=None, previous_until=None)
                | Q(previous_sealed_secret__isnull=False, previous_until__isnull=False),
                name="webhook_previous_secret_ends",
            ),
        ]
        default_permissions = ("view",)
        permissions = [("disable_webhookendpoint", "Can disable webhook endpoints")]

    def __str__(self) -> str:
        return f"webhook endpoint {self.pk}"

    @property
    def enabled(self) -> bool:
        return self.disabled_at is None


class WebhookDelivery(models.Model):
    """An event for one endpoint: the row is the outbox, the queue and the record of the attempts.

    It has ids and words of ours, and no text, number or name of the user.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField(editable=False)
    """The same for all endpoints that are told, and in every attempt."""
    event_type = models.CharField(max_length=32)
    data = models.JSONField()
    occurred_at = models.DateTimeField(db_default=Now(), editable=False)
    status = models.CharField(
        max_length=9, choices=Status, default=Status.PENDING, db_default=Status.PENDING, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    """Attempts that have ended. One whose sender was killed does not count."""
    claims = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    """Only rises: a sender that has lost its lease records nothing."""
    next_attempt_at = models.DateTimeField(null=True, db_default=Now(), editable=False)
    """While it is being sent: when its lease ends."""
    lease_until = models.DateTimeField(null=True, editable=False)
    last_attempt_at = models.DateTimeField(null=True, editable=False)
    last_status_code = models.PositiveSmallIntegerField(null=True, editable=False)
    last_error = models.CharField(max_length=20, default="", db_default="", editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status="pending", next_attempt_at__isnull=False, ended_at=None)
                | (~Q(status="pending") & Q(next_attempt_at=None, lease_until=None, ended_at__isnull=False)),
                name="webhook_delivery_is_pending_or_ended",
            )
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"], name="webhook_delivery_pending", condition=Q(status="pending")
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_of_endpoint"),
            models.Index(fields=["occurred_at"], name="webhook_delivery_by_age"),
        ]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"webhook delivery {self.pk}"

    @property
    def message_id(self) -> str:
        """What `webhook-id` says, in every attempt."""
        return f"msg_{self.event_id.hex}"
