"""One-time codes, and the failed attempts that lock a number."""

from datetime import timedelta
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.users import User

STALE: Final = timedelta(minutes=2)
"""After this, the user has stopped waiting for the code, and it is not sent."""

UNPUBLISHED: Final = timedelta(seconds=5)
"""After this, a waiting code's task was lost, or its delivery failed."""

MAX_DELIVERIES: Final = 3
"""How often a code is handed to the provider before it is given up."""


class Purpose(models.TextChoices):
    """What a one-time code may be used for."""

    SIGN_IN = "sign_in"
    RESET_PASSWORD = "reset_password"  # noqa: S105  a name
    CHANGE_NUMBER_OLD = "change_number_old"
    CHANGE_NUMBER_NEW = "change_number_new"


class OneTimeCodeQuerySet(models.QuerySet["OneTimeCode"]):
    def waiting(self) -> "OneTimeCodeQuerySet":
        """Codes that have no digits yet and can still be sent."""
        return self.filter(digest="", deliveries__lt=MAX_DELIVERIES, created_at__gt=Now() - STALE)

    def due(self) -> "OneTimeCodeQuerySet":
        """Those whose task is to be published again: it was lost, or the delivery may be repeated."""
        return self.waiting().filter(created_at__lt=Now() - UNPUBLISHED)


class OneTimeCode(models.Model):
    """Six digits for one number and one purpose; also the record by which SMS are counted.

    The digits themselves are never kept, only their HMAC. A row without one waits for the task that makes the code
    and sends it.
    """

    mobile_number = models.CharField(max_length=16, db_column="number")
    purpose = models.CharField(max_length=20, choices=Purpose)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    """The user who requested it, for the purposes that need a signed-in user."""
    digest = models.CharField(max_length=64, blank=True)
    prefix = models.CharField(max_length=16)
    country = models.CharField(max_length=3)
    address = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    deliveries = models.PositiveSmallIntegerField(default=0)
    """How often digits were created and handed to the provider. A delivery that sent nothing may be repeated."""
    guesses = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    objects: ClassVar[OneTimeCodeQuerySet] = OneTimeCodeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(deliveries__lte=3), name="code_deliveries_at_most_three"),
            models.CheckConstraint(condition=Q(guesses__lte=5), name="code_guesses_at_most_five"),
            models.CheckConstraint(
                condition=Q(digest="", expires_at=None) | (~Q(digest="") & Q(expires_at__isnull=False)),
                name="code_with_digest_expires",
            ),
        ]
        indexes = [
            models.Index(fields=["mobile_number", "created_at"], name="code_by_number"),
            models.Index(fields=["prefix", "created_at"], name="code_by_prefix"),
            models.Index(fields=["address", "created_at"], name="code_by_address"),
            models.Index(fields=["country", "created_at"], name="code_by_country"),
            models.Index(fields=["created_at"], name="code_by_time"),
            models.Index(fields=["created_at"], name="code_waiting", condition=Q(digest="")),
        ]

    def __str__(self) -> str:
        return f"code {self.pk} ({self.purpose})"


class FailedAttempts(models.Model):
    """Failed attempts at one number by code or by password, known or not; counted in one statement."""

    class Kind(models.TextChoices):
        CODE = "code"
        PASSWORD = "password"  # noqa: S105  a name

    mobile_number = models.CharField(max_length=16, db_column="number")
    kind = models.CharField(max_length=8, choices=Kind)
    failures = models.PositiveIntegerField(default=0)
    """Consecutive ones: a success sets it to zero."""
    locked_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "accounts_tries"
        verbose_name_plural = "failed attempts"
        constraints = [
            models.UniqueConstraint(fields=["mobile_number", "kind"], name="tries_one_row_per_number_and_kind")
        ]
        default_permissions = ()
        permissions = [
            ("add_tries", "Can add failed attempts"),
            ("change_tries", "Can change failed attempts"),
            ("delete_tries", "Can delete failed attempts"),
            ("view_tries", "Can view failed attempts"),
        ]

    def __str__(self) -> str:
        return f"failed attempts {self.pk} ({self.kind})"
