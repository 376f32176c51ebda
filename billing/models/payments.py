"""What is stored about payments at Stripe, beside dj-stripe's rows."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    """Events by state: waiting to be processed, or failed for good; the others are processed."""

    def waiting(self) -> "StripeEventQuerySet":
        return self.filter(next_attempt_at__isnull=False)

    def due(self) -> "StripeEventQuerySet":
        """Those to be processed now, by the database's clock."""
        return self.filter(next_attempt_at__lte=Now())

    def failed(self) -> "StripeEventQuerySet":
        """Those that failed too often and wait for staff to replay them."""
        return self.filter(processed_at=None, next_attempt_at=None)


class StripeEvent(models.Model):
    """An event from Stripe whose signature was verified: which customer, or which object, to refresh.

    Its content is not stored. The current state is read from Stripe when the event is processed, so neither order nor
    repetition of events matters, and no name or address is kept.
    """

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=80)
    customer_id = models.CharField(max_length=255, blank=True)
    object_id = models.CharField(max_length=255, blank=True)
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    next_attempt_at = models.DateTimeField(db_default=Now(), null=True, db_column="next_try_at")
    """When it is processed next; null once it is processed or has failed for good."""
    attempts = models.PositiveSmallIntegerField(default=0, db_column="tries")
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=80, blank=True)
    """The code or the exception type of the last failure."""

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="event_to_process", condition=Q(next_attempt_at__isnull=False)
            ),
            models.Index(fields=["customer_id"], name="event_by_customer"),
            models.Index(fields=["received_at"], name="event_by_time"),
        ]
        default_permissions = ("view",)
        permissions = [("replay_stripeevent", "Can have Stripe's events processed again")]

    def __str__(self) -> str:
        return f"{self.event_id} ({self.type})"


class PaymentIssue(models.Model):
    """A dispute, a refund or a bank's warning of fraud about a user's payment (`billing.payment_issues`)."""

    class Kind(models.TextChoices):
        DISPUTE = "dispute"
        REFUND = "refund"
        WARNING = "warning", "early fraud warning"

    LOST_OR_OPEN: ClassVar[tuple[str, ...]] = ("needs_response", "under_review", "lost")
    """Statuses of a dispute whose money was taken from us, at least until the decision. Inquiries have `warning_…`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    stripe_id = models.CharField(max_length=255, unique=True)
    """The id of the dispute, the warning, or the refunded charge."""
    status = models.CharField(max_length=40)
    reason = models.CharField(max_length=80, blank=True)
    amount = models.BigIntegerField()
    """In the currency's minor unit."""
    currency = models.CharField(max_length=3)
    is_live = models.BooleanField()
    created = models.DateTimeField()
    """By Stripe's clock."""

    class Meta:
        indexes = [models.Index(fields=["-created"], name="payment_issue_by_time")]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.kind} {self.stripe_id}"


class Checkout(models.Model):
    """A user's counters for the idempotency keys sent to Stripe (`billing.checkout`)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="checkout"
    )
    customer_number = models.PositiveIntegerField(default=1)
    """Raised when the customer was deleted at Stripe or could not be created, so that a new one is created."""
    session_number = models.PositiveIntegerField(default=1)
    """Raised when a Checkout session is over or could not be opened, so that a new one is opened."""
    session_id = models.CharField(max_length=255, blank=True, db_index=True)
    """The last session that was opened."""

    def __str__(self) -> str:
        return f"checkout of user {self.pk}"


class Lease(models.Model):
    """A lock with an expiry time, held by the process that knows its token (`billing.leases`)."""

    name = models.CharField(max_length=300, primary_key=True)
    token = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="lease_by_end")]

    def __str__(self) -> str:
        return f"lease {self.name}"
