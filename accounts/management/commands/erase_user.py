"""`manage.py erase_user`: erase an account and everything about it."""

import sys
import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from accounts.exceptions import SessionEnded, StaffAccount
from accounts.management import users
from accounts.models import User
from accounts.personal_data import erasure
from accounts.staff.audit_trail import audit_staff_action

POLL_SECONDS: Final = 0.5
"""How often --wait checks whether the account is gone."""


class Command(BaseCommand):
    """DELETE /user/me for operators."""

    help = (
        "Erase a user: signed out at once, then subscription, conversations and account deleted by a worker, within "
        "seconds unless Stripe is unavailable. This cannot be undone. Staff are refused: remove them from the staff "
        "first (create_staff --remove). Exit code 1 with --wait if the account is not gone in time; it will be."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        users.add_argument(parser)
        parser.add_argument("--reason", default="", help="kept with the record until the account is gone")
        parser.add_argument("--no-input", action="store_true", help="do not ask whether this is meant")
        parser.add_argument("--dry-run", action="store_true", help="only print who would be erased")
        parser.add_argument(
            "--wait", type=float, nargs="?", const=60.0, metavar="SECONDS", help="wait until it is done (60 s)"
        )

    def handle(self, *args: Any, identifier: str, reason: str, wait: float | None, **options: Any) -> None:
        """Start the erasure, and with --wait, wait for its end.

        Raises:
            CommandError: no such user, a staff member, not confirmed, or not done in time.
        """
        user = users.find(identifier)
        if user.is_staff:
            raise CommandError("This is a staff member, who cannot be erased: see create_staff --remove.")
        if options["dry_run"]:
            self.stdout.write(f"user {user.pk} would be erased")
            return
        if not options["no_input"]:
            _ask(user)
        self.stdout.write(_begin(user, reason))
        if wait is not None:
            self._wait_for(user.pk, wait)

    def _wait_for(self, user_id: int, seconds: float) -> None:
        give_up_at = time.monotonic() + seconds
        while User.objects.filter(pk=user_id).exists():
            if time.monotonic() > give_up_at:
                raise CommandError(f"It is not done after {seconds:.0f} s. Is the worker of `default` running?")
            time.sleep(POLL_SECONDS)
        self.stdout.write(f"user {user_id} is erased")


def _ask(user: User) -> None:
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to confirm this; use --no-input.")
    if input(f"Erase user {user.pk} and everything about them? Type the id again to do it: ").strip() != str(user.pk):
        raise CommandError("Nothing was done.")


def _begin(user: User, reason: str) -> str:
    try:
        with audit_staff_action(action="erase", user_id=user.pk, reason=reason):
            erasure.begin(user_id=user.pk)
    except SessionEnded:
        return f"user {user.pk} is being erased already"
    except StaffAccount:
        raise CommandError("This user has just become a staff member.") from None
    return f"user {user.pk} is signed out, and being erased"
