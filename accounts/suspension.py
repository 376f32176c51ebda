"""Whether an account may be used: disabled and enabled by the staff, and freed of a lock."""

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import audit, sessions
from accounts.exceptions import SessionEnded, StaffAccount
from accounts.models import FailedAttempts, User


def disable(*, user_id: int) -> None:
    """Sign a person out everywhere and let nobody in under the number.

    Raises:
        StaffAccount: the account is one of the staff.
        SessionEnded: it is gone, or being erased.
    """
    with transaction.atomic():
        _change(user_id, is_active=False)
        sessions.end_all(user_id=user_id)
    audit.record("disabled", user_id=user_id)


def enable(*, user_id: int) -> None:
    """Let a person in again.

    Raises:
        StaffAccount: the account is one of the staff.
        SessionEnded: it is gone, or being erased.
    """
    _change(user_id, is_active=True)
    audit.record("enabled", user_id=user_id)


def unlock(*, mobile_number: str) -> int:
    """End the locks of a number's sign-in, by code and by password, and count anew; how many locks there were."""
    locked = FailedAttempts.objects.filter(Q(locked_until__gt=Now()) | Q(failures__gt=0), mobile_number=mobile_number)
    return locked.update(failures=0, locked_until=None, updated_at=Now())


def _change(user_id: int, *, is_active: bool) -> None:
    mine = User.objects.filter(pk=user_id, erasing_at=None)
    if not mine.filter(is_staff=False).update(is_active=is_active):
        raise StaffAccount if mine.exists() else SessionEnded
