"""The user, named by a verified mobile number."""

from typing import Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.exceptions import SessionEnded
from accounts.passwords import normalised
from config.infrastructure.compiled import compiled_update
from config.infrastructure.database import prepared_cursor

OUTDATE_ROOMS: Final = """
    UPDATE accounts_user SET rooms_version = rooms_version + 1 WHERE id = %(user_id)s
    RETURNING EXISTS (
        SELECT FROM accounts_webhookendpoint WHERE user_id = %(user_id)s AND disabled_at IS NULL
    )
"""


class UserQuerySet(models.QuerySet["User"]):
    def erasing(self) -> "UserQuerySet":
        """Accounts marked for erasure (`accounts.personal_data.erasure`)."""
        return self.filter(erasing_at__isnull=False)

    def due(self) -> "UserQuerySet":
        """Those whose erasure is to be attempted now, by the database's clock."""
        return self.erasing().filter(erase_next_attempt_at__lte=Now())


class UserManager(BaseUserManager["User"]):
    """Creates users; a user without a password signs in by code."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def erasing(self) -> UserQuerySet:
        return self.get_queryset().erasing()

    def due(self) -> UserQuerySet:
        return self.get_queryset().due()

    def create_user(self, mobile_number: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user with a verified number in E.164; without `password`, with an unusable password."""
        user = self.model(mobile_number=mobile_number, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, mobile_number: str, password: str, **fields: Any) -> "User":
        """Create a staff member who may do everything (`manage.py createsuperuser`)."""
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
    """When the erasure of the account was asked for; this cannot be undone (`accounts.personal_data.erasure`)."""
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
        default_permissions = ("view",)
        permissions = [
            ("disable_user", "Can disable and enable users"),
            ("sign_out_user", "Can sign users out everywhere"),
            ("unlock_user", "Can end the lock of a number's sign-in"),
            ("export_user", "Can export what is kept about users"),
            ("erase_user", "Can erase users"),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"

    def set_password(self, raw_password: str | None) -> None:
        """Hash a password in its one form (see `passwords.normalised`), or set an unusable one; saves nothing."""
        super().set_password(None if raw_password is None else normalised(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return raw_password is not None and super().check_password(normalised(raw_password))

    @property
    def email(self) -> None:
        """None: users have no e-mail address here; dj-stripe reads it from its subscriber."""
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
            SessionEnded: the account was erased or marked for erasure since the request was authenticated.
        """
        if not _outdate_rooms_of_living(user_id=user_id):
            raise SessionEnded

    @classmethod
    def outdate_rooms(cls, user_id: int) -> bool:
        """Like `touch_rooms`, for a change that the user did not request; also while the account is being erased.

        Returns:
            Whether the user has a webhook endpoint that may have to be told of the change. It costs no statement.
        """
        with prepared_cursor() as cursor:
            cursor.execute(OUTDATE_ROOMS, {"user_id": user_id})
            row = cursor.fetchone()
        return row is not None and bool(row[0])


@compiled_update
def _outdate_rooms_of_living(user_id: int) -> "tuple[models.QuerySet[User], dict[str, Any]]":
    return User.objects.filter(pk=user_id, erasing_at=None), {"rooms_version": F("rooms_version") + 1}
