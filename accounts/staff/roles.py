"""Staff roles. A role is a Django group, created with its permissions by a migration."""

from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts import sessions
from accounts.models import User
from accounts.staff import second_factor

ROLES: Final = ("support", "billing", "operator")

READ_TRANSCRIPT: Final = "chatrooms.read_transcript"
"""A permission of no role: it is granted to one staff member at a time."""


def role_exists(role: str) -> bool:
    """Whether the group exists; if not, a migration was not applied."""
    return Group.objects.filter(name=role).exists()


def assign_role(*, user: User, role: str) -> None:
    """Make the user a staff member with this role and no other. A superuser loses that status.

    Permissions granted to the user directly end: they belonged to the previous work.

    Raises:
        Group.DoesNotExist: there is no such role.
    """
    with transaction.atomic():
        group = Group.objects.get(name=role)
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=False)
        user.groups.set([group])
        user.user_permissions.clear()


def set_transcript_access(*, user: User, allowed: bool) -> None:
    """Grant or revoke the permission to read transcripts."""
    app, codename = READ_TRANSCRIPT.split(".")
    permission = Permission.objects.get(content_type__app_label=app, codename=codename)
    if allowed:
        user.user_permissions.add(permission)
    else:
        user.user_permissions.remove(permission)


def remove_from_staff(*, user: User) -> None:
    """Make the user an ordinary user, without role and second factor, and end all sessions."""
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False)
        user.groups.clear()
        user.user_permissions.clear()
        second_factor.revoke(user=user)
        sessions.end_all(user_id=user.pk)
