"""Tiers, and which users have Pro and why."""

from typing import ClassVar, Final

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import in_words
from config.file_settings import MAX_FILE_BYTES, MIB

MAX_FILES_PER_MESSAGE: Final = 100
"""In any tier."""


class Tier(models.Model):
    """The limits of an account; a row, so that staff can change them without a release."""

    BASIC: ClassVar[str] = "basic"
    PRO: ClassVar[str] = "pro"

    slug = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    daily_messages = models.PositiveIntegerField(null=True, blank=True)
    """Units per day (UTC); null means no limit."""
    sends_per_minute = models.PositiveIntegerField(default=20)
    """The burst limit; not enforced while Redis is unavailable."""
    model_names = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    """The models that its users may choose; the first is the default. Empty means only GEMINI_MODEL."""
    max_output_tokens = models.PositiveIntegerField()
    context_tokens = models.PositiveIntegerField()
    """The maximum of tokens sent to the model, as estimated: instruction, history and message."""
    parallel_replies = models.PositiveSmallIntegerField()
    waiting_replies = models.PositiveSmallIntegerField()
    file_bytes = models.PositiveIntegerField(default=10 * MIB, db_default=10 * MIB)
    """The largest file that its users may upload."""
    files_per_message = models.PositiveSmallIntegerField(default=4, db_default=4)
    kept_file_bytes = models.PositiveBigIntegerField(default=100 * MIB, db_default=100 * MIB)
    """All files of one user together."""
    stripe_product = models.CharField(max_length=255, blank=True)
    """The product at Stripe whose subscribers have this tier."""
    former_products = ArrayField(models.CharField(max_length=255), default=list, blank=True)
    """Previous products, whose subscribers keep this tier."""
    stripe_price = models.CharField(max_length=255, blank=True)
    """The price of a new subscription; empty while the tier is not for sale."""
    seeded_price = models.CharField(max_length=255, blank=True, editable=False)
    """The price that `seed_tiers` set last; if `stripe_price` differs, staff chose it."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(parallel_replies__gte=1), name="tier_answers_at_least_one"),
            models.CheckConstraint(condition=Q(waiting_replies__gte=1), name="tier_takes_at_least_one"),
            models.CheckConstraint(condition=Q(max_output_tokens__gte=1), name="tier_output_is_bounded"),
            models.CheckConstraint(condition=Q(sends_per_minute__gte=1), name="tier_sends_at_least_one"),
            models.CheckConstraint(
                condition=Q(file_bytes__gte=1, file_bytes__lte=MAX_FILE_BYTES), name="tier_files_are_bounded"
            ),
            models.CheckConstraint(
                condition=Q(files_per_message__gte=1, files_per_message__lte=MAX_FILES_PER_MESSAGE),
                name="tier_files_per_message_are_bounded",
            ),
            models.CheckConstraint(
                condition=Q(stripe_price="") | ~Q(stripe_product=""), name="tier_with_price_has_product"
            ),
        ]
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.name

    @property
    def was_sold(self) -> bool:
        """Whether it ever had a price. If so, staff removed an empty one on purpose."""
        return bool(self.stripe_product or self.stripe_price or self.seeded_price)

    @property
    def products(self) -> set[str]:
        """The products at Stripe whose subscribers have this tier."""
        return {*self.former_products, self.stripe_product} - {""}

    @property
    def allowed_models(self) -> list[str]:
        """The models that its users may choose; the first is the default."""
        return self.model_names or [settings.GEMINI_MODEL]


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def pro(self) -> "EntitlementQuerySet":
        """Those whose Pro has not ended, by the database's clock."""
        return self.filter(Q(stripe_until__gt=Now()) | Q(grant_until__gt=Now()))


class Entitlement(models.Model):
    """Until when a user is Pro, by each source. `billing.entitlements` recomputes each field from its source."""

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
    """Pro granted by staff, until a date and for a reason."""

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
    """Null for a command. The id is kept when that account is erased, like `StaffAction.staff`."""
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
        """Who granted it, in words."""
        return in_words(self.granted_by_id, is_there=self.granted_by is not None)
