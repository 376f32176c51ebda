"""Signed-in devices, and the requests that may be repeated."""

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.users import User


class Session(models.Model):
    """One signed-in device: the family of its refresh tokens (RFC 9700 section 4.14.2)."""

    class Method(models.TextChoices):
        """How the user signed in."""

        CODE = "code"
        PASSWORD = "password"  # noqa: S105  a name

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    method = models.CharField(max_length=8, choices=Method)
    user_agent = models.CharField(max_length=200, blank=True)
    current_jti = models.UUIDField()
    previous_jti = models.UUIDField(null=True)
    replaced = ArrayField(models.UUIDField(), null=True, editable=False)
    """The last few refresh tokens that were replaced, the newest first."""
    replaced_at = ArrayField(models.DateTimeField(), null=True, editable=False)
    """When each of them was."""
    created_at = models.DateTimeField(db_default=Now())
    rotated_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "created_at"], name="session_live", condition=Q(revoked_at=None))]

    def __str__(self) -> str:
        return f"session {self.pk}"

    def was_replaced_within(self, period: timedelta, token: uuid.UUID, *, now: datetime) -> bool:
        """Whether this refresh token was replaced less than `period` ago."""
        moments = dict(zip(self.replaced or (), self.replaced_at or (), strict=True))
        if self.previous_jti is not None:
            moments.setdefault(self.previous_jti, self.rotated_at)
        return token in moments and now - moments[token] < period


class IdempotencyKey(models.Model):
    """The outcome of a request that carried an Idempotency-Key, kept for 24 hours."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    route = models.CharField(max_length=80)
    key_hash = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    object_id = models.BigIntegerField()
    reference = models.CharField(max_length=255, default="", db_default="")
    """The object's id with another provider, where it is one of theirs."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "route", "key_hash"], name="idempotency_key_once_per_route"),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_by_time")]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"
