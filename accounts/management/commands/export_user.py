"""`manage.py export_user`: everything that is stored about a user, as one JSON document."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts import audit
from accounts.management import users
from accounts.personal_data import export
from accounts.staff.audit_trail import audit_staff_action


class Command(BaseCommand):
    """GET /user/me/export for operators."""

    help = (
        "Write everything that is stored about a user to the standard output, as one JSON document: account, devices, "
        "subscription, usage, and every conversation (GDPR articles 15 and 20). Recorded as a staff action."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        users.add_argument(parser)
        parser.add_argument("--reason", default="", help="kept with the record of the export")

    def handle(self, *args: Any, identifier: str, reason: str, **options: Any) -> None:
        """Write it, row by row.

        Raises:
            CommandError: there is no such user.
        """
        user = users.find(identifier)
        with audit_staff_action(action="export", user_id=user.pk, reason=reason):
            for part in export.document(user_id=user.pk):
                self.stdout.write(part, ending="")
            audit.record("exported", user_id=user.pk)
