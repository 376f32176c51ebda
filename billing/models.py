"""Tiers, who has which and why, what was spent, and what Stripe still has to be asked about."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import in_words


class Tier(models.Model):
    """What an account may use: a row, so that staff can change it without a release."""

    BASIC: ClassVar[str] = "basic"
    PRO: ClassVar[str] = "pro"

    slug = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    daily_messages = models.PositiveIntegerField(null=True, blank=True)
    """Units a day (UTC); empty for as many as one likes."""
    sends_per_minute = models.PositiveIntegerField(default=20)
    """The burst limit: a comfort limit, open while Redis is away."""
    model_names = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    """The models that its users may choose, the first of them unless they do; empty means GEMINI_MODEL alone."""
    max_output_tokens = models.PositiveIntegerField()
    context_tokens = models.PositiveIntegerField()
    """The most tokens sent to the model, by estimate: instruction, history and message."""
    parallel_replies = models.PositiveSmallIntegerField()
    waiting_replies = models.PositiveSmallIntegerField()
    stripe_product = models.CharField(max_length=255, blank=True)
    """Who subscribes to it has this tier."""
    former_products = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    """What it was sold as before: who subscribed to one of them has it still."""
    stripe_price = models.CharField(max_length=255, blank=True)
    """What a new subscription costs; empty while the tier is not for sale."""
    seeded_price = models.CharField(max_length=255, blank=True, editable=False)
    """What `seed_tiers` made of `stripe_price`; another one there is staff's choice."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(parallel_replies__gte=1), name="tier_answers_at_least_one"),
            models.CheckConstraint(condition=Q(waiting_replies__gte=1), name="tier_takes_at_least_one"),
            models.CheckConstraint(condition=Q(max_output_tokens__gte=1), name="tier_output_is_bounded"),
            models.CheckConstraint(condition=Q(sends_per_minute__gte=1), name="tier_sends_at_least_one"),
            models.CheckConstraint(
                condition=Q(stripe_price="") | ~Q(stripe_product=""), name="tier_with_price_has_product"
            ),
        ]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.name

    @property
    def was_sold(self) -> bool:
        """Whether it ever had a price, so that an empty one is somebody's will."""
        return bool(self.stripe_product or self.stripe_price or self.seeded_price)

    @property
    def products(self) -> set[str]:
        """The products at Stripe that give it."""
        return {*self.former_products, self.stripe_product} - {""}

    @property
    def allowed_models(self) -> list[str]:
        """The models that its users may choose; the first is the one they get."""
        return self.model_names or [settings.GEMINI_MODEL]


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    """Who is Pro, by the database's clock."""

    def pro(self) -> "EntitlementQuerySet":
        """Those whose Pro has not ended."""
        return self.filter(Q(stripe_until__gt=Now()) | Q(grant_until__gt=Now()))


class Entitlement(models.Model):
    """Until when a user is Pro, and by which source; each field is rewritten whole from its source."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="entitlement"
    )
    stripe_until = models.DateTimeField(null=True)
    grant_until = models.DateTimeField(null=True)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stripe_until"], name="entitlement_by_end")]
        default_permissions = ("view",)
        permissions = [("resync_customer", "Can bring customers up to date with Stripe")]

    def __str__(self) -> str:
        return f"entitlement of user {self.pk}"

    @property
    def is_pro(self) -> bool:
        """Whether the user is Pro now, by the database's clock."""
        return Entitlement.objects.pro().filter(pk=self.pk).exists()


class Grant(models.Model):
    """Pro given by staff, until a date and for a reason."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants")
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    """Who; empty for a command. The id stays when the account is erased, as that of `StaffAction.staff` does."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("created_at")), name="grant_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_a_reason"),
        ]
        default_permissions = ("view",)
        permissions = [("give_grant", "Can grant Pro"), ("revoke_grant", "Can revoke grants")]

    def __str__(self) -> str:
        return f"grant {self.pk} to user {self.user_id}"

    @property
    def by(self) -> str:
        """Who gave it, in words."""
        return in_words(self.granted_by_id, is_there=self.granted_by is not None)


class DailyUsage(models.Model):
    """What one user spent on one day (UTC, by the database's clock): the counter of units, and tokens."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    stops = models.PositiveIntegerField(default=0, db_default=0)
    """Units that went back although a worker had their answers, which were stopped before they had text."""

    class Meta:
        verbose_name_plural = "daily usage"
        default_permissions = ("view",)
        permissions = [("give_back_units", "Can give units back")]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="usage_one_row_per_user_and_day")]

    def __str__(self) -> str:
        return f"usage of user {self.user_id} on {self.day}"


class LedgerEntry(models.Model):
    """One movement of a user's units. The entries of a user and day always add up to `DailyUsage.used`."""

    class Kind(models.TextChoices):
        """Why units moved."""

        SEND = "send"
        EDIT = "edit"
        REGENERATE = "regenerate"
        RETRY = "retry"
        RETURN = "return"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    amount = models.SmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    returns = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE, related_name="returned")
    """The unit that this gives back, to the day it came from; the database lets no unit be given back twice."""
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "ledger entries"
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="return", returns__isnull=False, amount=-1)
                | (~Q(kind="return") & Q(returns=None, amount=1)),
                name="ledger_takes_one_or_returns_one",
            ),
        ]
        indexes = [models.Index(fields=["user", "day"], name="ledger_by_user_and_day")]

    def __str__(self) -> str:
        return f"{self.amount:+d} ({self.kind}) of user {self.user_id} on {self.day}"


class ServiceUsage(models.Model):
    """Tokens of all calls of the whole installation on one day (UTC)."""

    day = models.DateField(primary_key=True)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "service usage"

    def __str__(self) -> str:
        return f"tokens on {self.day}"


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    """The states of an event: it waits to be processed, was processed, or failed for good."""

    def waiting(self) -> "StripeEventQuerySet":
        return self.filter(next_attempt_at__isnull=False)

    def due(self) -> "StripeEventQuerySet":
        """Those to be processed now, by the database's clock."""
        return self.filter(next_attempt_at__lte=Now())

    def failed(self) -> "StripeEventQuerySet":
        """Those that failed too often and wait for staff to replay them."""
        return self.filter(processed_at=None, next_attempt_at=None)


class StripeEvent(models.Model):
    """One event that Stripe's signature vouched for: which customer or price to ask Stripe about again.

    Nothing of its content is kept: what is true is asked when the event is processed, so the order of events and how
    often each comes do not matter, and no name or address lies about.
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
    """The code or the type of the last failure."""

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
    """A dispute, a refund or a bank's warning of fraud about something that a user paid (`billing.payment_issues`)."""

    class Kind(models.TextChoices):
        """What went wrong, or may."""

        DISPUTE = "dispute"
        REFUND = "refund"
        WARNING = "warning", "early fraud warning"

    LOST_OR_OPEN: ClassVar[tuple[str, ...]] = ("needs_response", "under_review", "lost")
    """Statuses of a dispute whose money is gone, for good or for now. An inquiry's begin with `warning_`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    stripe_id = models.CharField(max_length=255, unique=True)
    """The dispute, the warning, or the charge that was refunded."""
    status = models.CharField(max_length=40)
    reason = models.CharField(max_length=80, blank=True)
    amount = models.BigIntegerField()
    """In the currency's minor unit."""
    currency = models.CharField(max_length=3)
    is_live = models.BooleanField()
    created = models.DateTimeField()
    """When it began, by Stripe's clock."""

    class Meta:
        indexes = [models.Index(fields=["-created"], name="payment_issue_by_time")]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.kind} {self.stripe_id}"


class Checkout(models.Model):
    """A user's way to Pro: numbers that make the idempotency keys sent to Stripe."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="checkout"
    )
    customer_number = models.PositiveIntegerField(default=1)
    """Rises when the customer at Stripe was deleted there, or could not be made, so that the next one is a new one."""
    session_number = models.PositiveIntegerField(default=1)
    """Rises when a Checkout session is over, or could not be opened, so that the next one is a new one."""
    session_id = models.CharField(max_length=255, blank=True, db_index=True)
    """The last session, under `session_number`."""

    def __str__(self) -> str:
        return f"checkout of user {self.pk}"


class Lease(models.Model):
    """A lock with an end, held by whoever knows its token (`billing.leases`)."""

    name = models.CharField(max_length=300, primary_key=True)
    token = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["until"], name="lease_by_end")]

    def __str__(self) -> str:
        return f"lease {self.name}"
