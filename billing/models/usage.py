"""Units and tokens that were used."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class DailyUsage(models.Model):
    """The units and tokens that one user used on one day (UTC, by the database's clock)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    used = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_micros = models.PositiveBigIntegerField(default=0, db_default=0)
    """Millionths of a US dollar, of the calls whose price is known."""
    stops = models.PositiveIntegerField(default=0, db_default=0)
    """Units that were refunded for replies that were stopped before they had text, after a worker had claimed them."""

    class Meta:
        verbose_name_plural = "daily usage"
        default_permissions = ("view",)
        permissions = [("give_back_units", "Can give units back")]
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="usage_one_row_per_user_and_day")]

    def __str__(self) -> str:
        return f"usage of user {self.user_id} on {self.day}"


class LedgerEntry(models.Model):
    """A unit that was consumed or refunded. The entries of a user and day always add up to `DailyUsage.used`."""

    class Kind(models.TextChoices):
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
    """The entry whose unit this refunds, to that entry's day; unique, so that no unit is refunded twice."""
    api_key = models.ForeignKey(
        "accounts.ApiKey",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    """The key that consumed it, if one did. The id stays after the key is purged, and then refers to no row."""
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


class ModelCall(models.Model):
    """One call to the model that cost something: its tokens, and its price at that moment."""

    class Purpose(models.TextChoices):
        REPLY = "reply"
        TITLE = "title"
        SUMMARY = "summary"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    purpose = models.CharField(max_length=10, choices=Purpose)
    model = models.CharField(max_length=80)
    """The one that replied, as the vendor names it."""
    prompt_tokens = models.PositiveIntegerField()
    output_tokens = models.PositiveIntegerField()
    cached_tokens = models.PositiveIntegerField(null=True)
    tool_tokens = models.PositiveIntegerField(null=True)
    thought_tokens = models.PositiveIntegerField(null=True)
    estimated = models.BooleanField()
    cost_micros = models.PositiveBigIntegerField(null=True)
    """Millionths of a US dollar, by `gemini.catalogue`; null if the price is unknown."""
    response_id = models.CharField(max_length=80, blank=True)
    service_tier = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "model calls"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["user", "-id"], name="model_call_of_user"),
            BrinIndex(fields=["created_at"], name="model_call_by_time", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} of user {self.user_id}"


class ServiceUsage(models.Model):
    """Tokens of all calls to the model of the whole installation on one day (UTC)."""

    day = models.DateField(primary_key=True)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_micros = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        verbose_name_plural = "service usage"

    def __str__(self) -> str:
        return f"tokens on {self.day}"
