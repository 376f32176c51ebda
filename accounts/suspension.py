"""Disabling and enabling accounts, and unlocking sign-in: what staff can do about an account's use."""

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts import audit, sign_out
from accounts.exceptions import SessionEnded, StaffAccount
from accounts.models import FailedAttempts, User


def disable(*, user_id: int) -> None:
    """Sign a user out everywhere, API keys too, and refuse sign-in with the number.

    Raises:
        StaffAccount: the account is a staff member's.
        SessionEnded: it is gone, or being erased.
    """
    with transaction.atomic():
        _change(user_id, is_active=False)
        sign_out.everywhere(user_id=user_id)
    audit.record("disabled", user_id=user_id)


def enable(*, user_id: int) -> None:
    """Allow a user to sign in again.

    Raises:
        StaffAccount: the account is a staff member's.
        SessionEnded: it is gone, or being erased.
    """
    _change(user_id, is_active=True)
    audit.record("enabled", user_id=user_id)


def unlock(*, mobile_number: str) -> int:
    """End the locks of a number, by code and by password, clear the counts, and return how many there were."""
    locked = FailedAttempts.objects.filter(Q(locked_until__gt=Now()) | Q(failures__gt=0), mobile_number=mobile_number)
    return locked.update(failures=0, locked_until=None, updated_at=Now())


def _change(user_id: int, *, is_active: bool) -> None:
    mine = User.objects.filter(pk=user_id, erasing_at=None)
    if not mine.filter(is_staff=False).update(is_active=is_active):
        raise StaffAccount if mine.exists() else SessionEnded
