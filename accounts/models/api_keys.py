"""API keys: how a program uses an account without a phone."""

import uuid
from typing import Final, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.users import User

KEY_PREFIX: Final = "kvk_"
"""What the text of every key begins with."""

MAX_KEY_NAME: Final = 80
MAX_MODELS: Final = 20
MAX_ORIGINS: Final = 20
MAX_ORIGIN: Final = 255


class Scope(models.TextChoices):
    """What a key may do. There is none for sign-in, billing, keys and erasure, so no key may do these."""

    ROOMS_READ = "rooms:read"
    ROOMS_WRITE = "rooms:write"
    MESSAGES_WRITE = "messages:write"
    FILES = "files"
    USAGE_READ = "usage:read"
    WEBHOOKS = "webhooks"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def for_user(self, user_id: int) -> Self:
        """The keys of a user that were not revoked, the only ones that exist for them; expired ones can be rotated."""
        return self.filter(user_id=user_id, revoked_at=None)

    def living(self) -> Self:
        """Those that work now, by the database's clock."""
        return self.filter(revoked_at=None, expires_at__gt=Now(), user__is_active=True)


class ApiKey(models.Model):
    """A key of a user. Its secret is shown once, and kept as a keyed hash (`accounts.api_keys.key_text`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=MAX_KEY_NAME)
    secret_hash = models.CharField(max_length=64, editable=False)
    previous_hash = models.CharField(max_length=64, default="", db_default="", editable=False)
    """Of the secret before the last rotation, which works until `previous_until`."""
    previous_until = models.DateTimeField(null=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=16), default=list, db_default=[])
    """What it may do; an empty list is nothing."""
    model_names = ArrayField(models.CharField(max_length=80), null=True)
    """The models that may reply to it, of those that the user's tier has; null for all, an empty list for none."""
    allowed_origins = ArrayField(models.CharField(max_length=MAX_ORIGIN), default=list, db_default=[])
    """Origins whose pages may use it on `/v1`, besides those of the installation (`accounts.api_keys.origins`)."""
    daily_units = models.PositiveIntegerField(null=True)
    """Units that it may consume per day (UTC), of the user's; null for all of them."""
    units_day = models.DateField(null=True, editable=False)
    """The day on which it last consumed a unit, and `units_used` how many then."""
    units_used = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    rotated_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    """Written at most once a minute."""
    expiry_told = models.DateTimeField(null=True, editable=False)
    """The `expires_at` that the user's webhooks were told of."""
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scopes__contained_by=Scope.values), name="api_key_scopes_are_known"),
            models.CheckConstraint(
                condition=Q(previous_hash="", previous_until=None)
                | (~Q(previous_hash="") & Q(previous_until__isnull=False)),
                name="api_key_previous_secret_ends",
            ),
        ]
        default_permissions = ("view",)
        permissions = [("revoke_apikey", "Can revoke API keys")]

    def __str__(self) -> str:
        return f"API key {self.pk}"

    @property
    def prefix(self) -> str:
        """The beginning of its text, by which its owner recognises it; the secret comes much later."""
        return f"{KEY_PREFIX}{self.pk.hex[:8]}"

    def may(self, scope: Scope) -> bool:
        """Whether it has this scope."""
        return scope in self.scopes

    def allowed_models(self, of_tier: list[str]) -> list[str]:
        """Those of a tier's models that may reply to it."""
        return of_tier if self.model_names is None else [name for name in of_tier if name in self.model_names]
