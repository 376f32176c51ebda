"""`manage.py grant_pro`: give somebody Pro for a while, or take it back."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import numbers
from accounts.models import User
from billing import entitlements, grants
from billing.models import Grant


class Command(BaseCommand):
    """A grant always ends and always has a reason."""

    help = (
        "Give a user Pro for some days and for a reason, or end every grant of the user (--revoke). It does not touch "
        "what the user pays for at Stripe. Safe to repeat: of several grants the latest end counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add whom, how long and why."""
        parser.add_argument("number", help="the user's mobile number, in any spelling")
        parser.add_argument("--days", type=int, help="for how long, from now")
        parser.add_argument("--reason", default="", help="kept with the grant")
        parser.add_argument("--revoke", action="store_true", help="end every grant of the user now")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, number: str, revoke: bool, dry_run: bool, **options: Any) -> None:
        """Do it, and say what the user has then.

        Raises:
            CommandError: no such user, or the days or the reason are missing.
        """
        user = _user(number)
        done = self._revoke(user, dry_run) if revoke else self._give(user, dry_run, **options)
        standing = entitlements.standing_of(user_id=user.pk)
        until = f" until {standing.until:%Y-%m-%d %H:%M} UTC" if standing.until else ""
        self.stdout.write(f"{'would be ' if dry_run else ''}{done}")
        self.stdout.write(f"user {user.pk}: {standing.tier.name} ({standing.source}){until}")

    def _give(self, user: User, dry_run: bool, *, days: int | None, reason: str, **_: Any) -> str:
        if not days or days < 1 or not reason.strip():
            raise CommandError("A grant needs --days (1 or more) and --reason.")
        if not dry_run:
            ends_at = timezone.now() + timedelta(days=days)
            grants.give(user_id=user.pk, ends_at=ends_at, reason=reason.strip(), granted_by=None)
        return f"granted for {days} days"

    def _revoke(self, user: User, dry_run: bool) -> str:
        running = Grant.objects.filter(user=user, revoked_at=None)
        count = running.count()
        for grant in running if not dry_run else ():
            grants.revoke(grant=grant, revoked_by=None)
        return f"revoked: {count}"


def _user(number: str) -> User:
    try:
        return User.objects.get(mobile_number=numbers.parse(number))
    except (numbers.NumberRefused, User.DoesNotExist):
        raise CommandError("There is no user with this number.") from None
