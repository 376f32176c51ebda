"""`manage.py grant_pro`: grant a user Pro for some days, or revoke the grants."""

import json as json_module
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.management import users
from accounts.models import User
from accounts.staff.audit_trail import audit_staff_action
from billing import entitlements, grants
from billing.models import Grant

MAX_DAYS: Final = 3660
"""Days: ten years, so that a typing error is noticed."""


class Command(BaseCommand):
    """A grant always ends and always has a reason."""

    help = (
        "Grant a user Pro for some days and for a reason, or end every grant of the user (--revoke). A subscription at "
        "Stripe is not changed. Safe to repeat: of several grants the latest end counts. Recorded as an action of "
        "staff."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        users.add_argument(parser)
        parser.add_argument("--days", type=int, help="for how long, from now")
        parser.add_argument("--reason", default="", help="kept with the grant")
        parser.add_argument("--revoke", action="store_true", help="end every grant of the user now")
        parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, identifier: str, revoke: bool, dry_run: bool, json: bool, **options: Any) -> None:
        """Grant or revoke, and print the tier that the user has then.

        Raises:
            CommandError: no such user, or the days or the reason are missing.
        """
        user = users.find(identifier)
        done = self._revoke(user, dry_run, **options) if revoke else self._give(user, dry_run, **options)
        tier_status = entitlements.current_tier_status(user_id=user.pk)
        if json:
            facts = {
                "user_id": user.pk,
                "tier": tier_status.tier.slug,
                "source": tier_status.source,
                "dry_run": dry_run,
            }
            until = tier_status.until.isoformat() if tier_status.until else None
            self.stdout.write(json_module.dumps({**facts, "until": until, "done": done}))
            return
        until = f" until {tier_status.until:%Y-%m-%d %H:%M} UTC" if tier_status.until else ""
        self.stdout.write(f"{'would be ' if dry_run else ''}{done}")
        self.stdout.write(f"user {user.pk}: {tier_status.tier.name} ({tier_status.source}){until}")

    def _give(self, user: User, dry_run: bool, *, days: int | None, reason: str, **_: Any) -> str:
        if not days or not 1 <= days <= MAX_DAYS or not reason.strip():
            raise CommandError(f"A grant needs --days (1 to {MAX_DAYS}) and --reason.")
        if not dry_run:
            ends_at = timezone.now() + timedelta(days=days)
            with audit_staff_action(action="grant_pro", user_id=user.pk, reason=reason.strip()):
                grants.give(user_id=user.pk, ends_at=ends_at, reason=reason.strip(), granted_by=None)
        return f"granted for {days} days"

    def _revoke(self, user: User, dry_run: bool, *, reason: str, **_: Any) -> str:
        running = Grant.objects.filter(user=user, revoked_at=None)
        count = running.count()
        if count and not dry_run:
            with audit_staff_action(action="revoke_grants", user_id=user.pk, reason=reason.strip()):
                for grant in running:
                    grants.revoke(grant=grant, revoked_by=None)
        return f"revoked: {count}"
