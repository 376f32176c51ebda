"""Tiers, and who has which."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Tier(models.Model):
    """What an account may use: a row, so that staff can change it without a release."""

    BASIC: ClassVar[str] = "basic"
    PRO: ClassVar[str] = "pro"

    slug = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=40)
    max_output_tokens = models.PositiveIntegerField()
    context_tokens = models.PositiveIntegerField()
    """The most tokens sent to the model, by estimate: instruction, history and message."""
    parallel_replies = models.PositiveSmallIntegerField()
    waiting_replies = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(parallel_replies__gte=1), name="tier_answers_at_least_one"),
            models.CheckConstraint(condition=Q(waiting_replies__gte=1), name="tier_takes_at_least_one"),
            models.CheckConstraint(condition=Q(max_output_tokens__gte=1), name="tier_output_is_bounded"),
        ]

    def __str__(self) -> str:
        return self.name


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

    def __str__(self) -> str:
        return f"entitlement of user {self.pk}"

    @property
    def is_pro(self) -> bool:
        """Whether the user is Pro now, by the database's clock."""
        return Entitlement.objects.pro().filter(pk=self.pk).exists()
