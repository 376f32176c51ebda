"""Who is of the staff, and as what: a role is a group of Django's, which a migration makes with its permissions."""

from typing import Final

from django.contrib.auth.models import Group
from django.db import transaction

from accounts import second_factor, sessions
from accounts.models import User

ROLES: Final = ("support", "billing", "operator")


def exists(role: str) -> bool:
    """Whether the group of this role is there; if not, a migration was not applied."""
    return Group.objects.filter(name=role).exists()


def give(*, user: User, role: str) -> None:
    """Make the user one of the staff in this role and in no other; somebody without a role's limits is brought to them.

    Raises:
        Group.DoesNotExist: there is no such role.
    """
    with transaction.atomic():
        group = Group.objects.get(name=role)
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=False)
        user.groups.set([group])


def take(*, user: User) -> None:
    """Make the user a person like any other: without role and second factor, and signed out everywhere."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
        user.groups.clear()
        user.user_permissions.clear()
        second_factor.revoke(user=user)
        sessions.end_all(user_id=user.pk)
