"""Who signs in: the user, the one-time code, the session, and what counts tries."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.exceptions import SessionEnded
from accounts.passwords import normalised


class UserManager(BaseUserManager["User"]):
    """Makes users; a person without a password signs in by code."""

    def create_user(self, mobile_number: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user of a verified number in E.164; without `password` it gets an unusable one."""
        user = self.model(mobile_number=mobile_number, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, mobile_number: str, password: str, **fields: Any) -> "User":
        """Make a member of staff who may do everything (`manage.py createsuperuser`)."""
        return self.create_user(mobile_number, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account, named by its verified mobile number in E.164."""

    mobile_number = models.CharField(max_length=16, unique=True)
    display_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=35, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    rooms_version = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    erasing_at = models.DateTimeField(null=True, editable=False)
    """When the erasure of the account was asked for; there is no way back (`accounts.personal_data.erasure`)."""
    erase_next_attempt_at = models.DateTimeField(null=True, editable=False, db_column="erase_next_try_at")
    erase_attempts = models.PositiveIntegerField(default=0, editable=False, db_column="erase_tries")

    USERNAME_FIELD = "mobile_number"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(mobile_number__regex=r"^\+[1-9][0-9]{6,14}$"), name="user_number_is_e164"
            ),
            models.CheckConstraint(
                condition=Q(erasing_at=None, erase_next_attempt_at=None)
                | Q(erasing_at__isnull=False, erase_next_attempt_at__isnull=False, is_active=False),
                name="user_erasing_is_signed_out_and_tried",
            ),
        ]
        indexes = [
            models.Index(fields=["erase_next_attempt_at"], name="user_to_erase", condition=Q(erasing_at__isnull=False)),
            models.Index(fields=["created_at"], name="user_by_age"),
        ]
        verbose_name_plural = "people"
        default_permissions = ("view",)
        permissions = [
            ("disable_user", "Can disable and enable people"),
            ("sign_out_user", "Can sign people out everywhere"),
            ("unlock_user", "Can end the lock of a number's sign-in"),
            ("export_user", "Can export what is kept about people"),
            ("erase_user", "Can erase people"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def set_password(self, raw_password: str | None) -> None:
        """Hash a password in its one form (see `passwords.normalised`), or set an unusable one; saves nothing."""
        super().set_password(None if raw_password is None else normalised(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Tell whether it is this user's password."""
        return raw_password is not None and super().check_password(normalised(raw_password))

    @property
    def email(self) -> None:
        """None: nobody has an e-mail address here; dj-stripe asks its subscriber for one."""
        return None

    @property
    def is_pro(self) -> bool:
        """Whether the user's entitlement says Pro now; no row means Basic."""
        entitlement = getattr(self, "entitlement", None)
        return entitlement is not None and entitlement.is_pro

    @classmethod
    def touch_rooms(cls, user_id: int) -> None:
        """Raise `rooms_version`, which outdates the cached room list; call it in the transaction of the user's change.

        The row stays locked until that transaction ends, so the changes of one user happen one after another, and none
        after the mark of an erasure.

        Raises:
            SessionEnded: the account is being erased, or is gone, since the request was let in.
        """
        if not cls._outdate_rooms(cls.objects.filter(pk=user_id, erasing_at=None)):
            raise SessionEnded

    @classmethod
    def outdate_rooms(cls, user_id: int) -> None:
        """Do what `touch_rooms` does for a change that is not the user's own, whatever became of the account."""
        cls._outdate_rooms(cls.objects.filter(pk=user_id))

    @staticmethod
    def _outdate_rooms(users: "models.QuerySet[User]") -> int:
        return users.update(rooms_version=F("rooms_version") + 1)


def in_words(staff_id: int | None, *, is_there: bool) -> str:
    """Who of the staff did something; the id of an account that was erased is told as that, and None is a command."""
    if staff_id is None:
        return "command"
    return f"user {staff_id}" if is_there else f"user {staff_id} (erased)"


class StaffAction(models.Model):
    """What one of the staff did, to whom and why. It is written before it is done, and nobody changes it."""

    staff = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    """Who; empty for a command, whose operator the machine knows. The id stays when the account is erased, without the
    account: fetch it by `select_related`, which gives None then."""
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    """To whom, if it was about a person."""
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=80, blank=True)
    """What it was done to, by kind and id, where that is not the person."""
    reason = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    """`done`, or the code of what kept it from being done; empty while it is under way, or if it was cut off."""
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="staff_action_by_user"),
            models.Index(fields=["staff", "-id"], name="staff_action_by_staff"),
        ]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.action} ({self.pk})"

    @property
    def by(self) -> str:
        """Who did it, in words."""
        return in_words(self.staff_id, is_there=self.staff is not None)


class DailyStatistic(models.Model):
    """One number about one day (UTC) of the whole installation, for the desk's charts (`accounts.statistics`)."""

    day = models.DateField()
    name = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        db_table = "accounts_dailyfigure"
        constraints = [models.UniqueConstraint(fields=["day", "name"], name="figure_once_a_day")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} of {self.day}"


class Purpose(models.TextChoices):
    """What a one-time code is good for."""

    SIGN_IN = "sign_in"
    RESET_PASSWORD = "reset_password"  # noqa: S105  a name
    CHANGE_NUMBER_OLD = "change_number_old"
    CHANGE_NUMBER_NEW = "change_number_new"


class OneTimeCode(models.Model):
    """Six digits for one number and one purpose; also the record by which SMS are counted.

    The digits themselves are never kept, only their HMAC. A row without one waits for the task that makes the code
    and sends it.
    """

    mobile_number = models.CharField(max_length=16, db_column="number")
    purpose = models.CharField(max_length=20, choices=Purpose)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    """Who asked, for the purposes that need a signed-in user."""
    digest = models.CharField(max_length=64, blank=True)
    prefix = models.CharField(max_length=16)
    country = models.CharField(max_length=3)
    address = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    deliveries = models.PositiveSmallIntegerField(default=0)
    """How often digits were made and handed to the delivery; a delivery that surely sent nothing may be repeated."""
    guesses = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

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
            ("add_tries", "Can add tries"),
            ("change_tries", "Can change tries"),
            ("delete_tries", "Can delete tries"),
            ("view_tries", "Can view tries"),
        ]

    def __str__(self) -> str:
        return f"failed attempts {self.pk} ({self.kind})"


class Session(models.Model):
    """One signed-in device: the family of its refresh tokens (RFC 9700 section 4.14.2)."""

    class Method(models.TextChoices):
        """How the person signed in."""

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
