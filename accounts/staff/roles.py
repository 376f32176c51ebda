"""Who is of the staff, and as what: a role is a group of Django's, which a migration makes with its permissions."""

from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts import sessions
from accounts.models import User
from accounts.staff import second_factor

ROLES: Final = ("support", "billing", "operator")

READ_TRANSCRIPT: Final = "chatrooms.read_transcript"
"""What no role brings: it is given by name."""


def exists(role: str) -> bool:
    """Whether the group of this role is there; if not, a migration was not applied."""
    return Group.objects.filter(name=role).exists()


def give(*, user: User, role: str) -> None:
    """Make the user one of the staff in this role and in no other; somebody without a role's limits is brought to them.

    What was given by name ends: it was given for the work that the user had before.

    Raises:
        Group.DoesNotExist: there is no such role.
    """
    with transaction.atomic():
        group = Group.objects.get(name=role)
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=False)
        user.groups.set([group])
        user.user_permissions.clear()


def let_read_transcripts(*, user: User, allowed: bool) -> None:
    """Give one of the staff by name what no role brings, or take it away."""
    app, codename = READ_TRANSCRIPT.split(".")
    permission = Permission.objects.get(content_type__app_label=app, codename=codename)
    if allowed:
        user.user_permissions.add(permission)
    else:
        user.user_permissions.remove(permission)


def take(*, user: User) -> None:
    """Make the user a person like any other: without role and second factor, and signed out everywhere."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
        user.groups.clear()
        user.user_permissions.clear()
        second_factor.revoke(user=user)
        sessions.end_all(user_id=user.pk)
