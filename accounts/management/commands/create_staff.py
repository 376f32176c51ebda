"""`manage.py create_staff`: who may use the admin, in which role, and with which second factor."""

import getpass
import io
import json as json_module
import secrets
import sys
from argparse import ArgumentParser
from typing import Any, Final

import segno
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import audit, phone_numbers, sessions
from accounts.management import users
from accounts.models import User
from accounts.staff import roles, second_factor
from accounts.staff.audit_trail import audit_staff_action
from accounts.staff.second_factor import IssuedSecondFactor

READS: Final = {"yes": "may read transcripts", "no": "may read no transcripts"}


class Command(BaseCommand):
    """Creates, changes, lists and removes staff members; what they need to sign in is shown once."""

    help = (
        "Make a user a staff member: support sees users and helps them, billing sees payments and grants Pro, operator "
        "may do everything. Asks for a password (twice; --generate makes one) unless the user has one, and shows once "
        "a QR code for the authenticator and ten recovery codes. Run again with another --role to change the role. No "
        "role may read conversations: --transcripts yes allows it, until --transcripts no or another --role. Every "
        "change is recorded as a staff action."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "identifier", nargs="?", help="the mobile number, in any spelling, or the id of the account"
        )
        parser.add_argument("--role", choices=roles.ROLES)
        parser.add_argument("--transcripts", choices=READS, help="whether they may read conversations")
        parser.add_argument("--generate", action="store_true", help="make a new password, and show it once")
        parser.add_argument("--new-password", action="store_true", help="ask for a new password though there is one")
        parser.add_argument(
            "--reset-second-factor", action="store_true", help="a new authenticator and new recovery codes"
        )
        parser.add_argument("--remove", action="store_true", help="make a staff member an ordinary user")
        parser.add_argument("--list", action="store_true", help="list the staff, by id")
        parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
        parser.add_argument("--json", action="store_true", help="with --list: print a JSON array")

    def handle(self, *args: Any, identifier: str | None, **options: Any) -> None:
        """Run the requested change.

        Raises:
            CommandError: none or several changes were requested, there is no such user, or the password is refused.
        """
        if options["list"]:
            self.stdout.write(_listed(json=options["json"]))
            return
        changes = [options["role"] or options["transcripts"], options["remove"], options["reset_second_factor"]]
        if not identifier or sum(map(bool, changes)) != 1:
            raise CommandError(
                "Name a user, and one of --role, --transcripts (which also goes with --role), --remove and "
                "--reset-second-factor; or --list."
            )
        if options["role"]:
            self._make(identifier, **options)
            return
        user = users.find(identifier)
        if not user.is_staff:
            raise CommandError(f"user {user.pk} is not a staff member.")
        if options["transcripts"] and user.is_superuser:
            raise CommandError(f"user {user.pk} is a superuser and may do everything; a --role ends that.")
        if options["transcripts"]:
            self._let_read(user, **options)
        else:
            self._remove(user, **options) if options["remove"] else self._reset(user, **options)

    def _make(self, identifier: str, *, role: str, transcripts: str | None, dry_run: bool, **options: Any) -> None:
        user = _known(identifier)
        if user and not user.is_active:
            raise CommandError(f"user {user.pk} is disabled, or being erased.")
        if dry_run:
            said = f"user {user.pk}" if user else "an account that would be made"
            self.stdout.write(f"{said} would be of the staff, as {role}; {READS[transcripts or 'no']}")
            return
        if not roles.role_exists(role):  # before an account is created for nothing
            raise CommandError(f"There is no role {role} yet: run `manage.py migrate`.")
        user, password = _with_password(user, identifier, **options)
        issued = None
        with audit_staff_action(action="make_staff", user_id=user.pk, target=role), transaction.atomic():
            roles.assign_role(user=user, role=role)
            if not TOTPDevice.objects.filter(user=user, confirmed=True).exists():
                issued = second_factor.issue(user=user)
        self.stdout.write(f"user {user.pk} is of the staff, as {role}")
        if transcripts:
            self._let_read(user, transcripts=transcripts, dry_run=False)
        if password:
            self.stdout.write(f"Password: {password}")
        self._show(issued)

    def _let_read(self, user: User, *, transcripts: str, dry_run: bool, **_: Any) -> None:
        if not dry_run:
            with audit_staff_action(action="transcripts", user_id=user.pk, target=transcripts):
                roles.set_transcript_access(user=user, allowed=transcripts == "yes")
        self.stdout.write(f"{'would be: ' * dry_run}user {user.pk} {READS[transcripts]}")

    def _remove(self, user: User, *, dry_run: bool, **_: Any) -> None:
        if not dry_run:
            with audit_staff_action(action="remove_staff", user_id=user.pk):
                roles.remove_from_staff(user=user)
        self.stdout.write(f"user {user.pk} {'would be' if dry_run else 'is'} off the staff")

    def _reset(self, user: User, *, dry_run: bool, **_: Any) -> None:
        if dry_run:
            self.stdout.write(f"user {user.pk} would get a new second factor")
            return
        with audit_staff_action(action="reset_second_factor", user_id=user.pk):
            issued = second_factor.issue(user=user)
        self.stdout.write(f"user {user.pk} has a new second factor; the old one does not work any more")
        self._show(issued)

    def _show(self, issued: IssuedSecondFactor | None) -> None:
        if issued is None:
            self.stdout.write("The second factor is the one there was.")
            return
        drawn = io.StringIO()
        segno.make(issued.uri, error="m").terminal(out=drawn, compact=True)
        self.stdout.write(f"\nScan this with an authenticator:\n\n{drawn.getvalue()}\n{issued.uri}\n")
        self.stdout.write("Recovery codes, each of which replaces a code of the authenticator once:\n")
        self.stdout.write("\n".join(f"  {code}" for code in issued.codes))
        self.stdout.write("\nThis is not shown again.")


def _known(identifier: str) -> User | None:
    """The account, or None for a number that has none yet.

    Raises:
        CommandError: it is neither an account nor a valid phone number.
    """
    user = users.find_or_none(identifier)
    if user is None:
        try:
            phone_numbers.parse(identifier)
        except phone_numbers.NumberRefused:
            return users.find(identifier)
    return user


def _with_password(
    user: User | None, identifier: str, *, generate: bool, new_password: bool, **_: Any
) -> tuple[User, str | None]:
    """The account, created if there is none, with a password; and that password if it was generated."""
    if user and user.has_usable_password() and not (generate or new_password):
        return user, None
    mobile_number = user.mobile_number if user else phone_numbers.parse(identifier)
    password = _generated() if generate else _asked(User(mobile_number=mobile_number))
    if user is None:
        user = User.objects.create_user(mobile_number, password)
    else:
        with transaction.atomic():
            user.set_password(password)
            user.save(update_fields=["password"])
            sessions.end_all(user_id=user.pk)
    audit.record("password_changed", user_id=user.pk)
    return user, password if generate else None


def _generated() -> str:
    return secrets.token_urlsafe(18)


def _asked(user: User) -> str:
    """A password, typed twice, that passes the validators."""
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to type a password; --generate makes one.")
    password = getpass.getpass("Password (15 characters or more): ")
    if getpass.getpass("Again: ") != password:
        raise CommandError("The two passwords differ; nothing was done.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return password


def _listed(*, json: bool) -> str:
    rows = []
    for user in User.objects.filter(is_staff=True).order_by("pk").prefetch_related("groups"):
        named = sorted(group.name for group in user.groups.all())
        has_second = TOTPDevice.objects.filter(user=user, confirmed=True).exists()
        facts = {"user_id": user.pk, "roles": named, "superuser": user.is_superuser, "active": user.is_active}
        reads = user.has_perm(roles.READ_TRANSCRIPT)
        rows.append({**facts, "second_factor": has_second, "transcripts": reads})
    if json:
        return json_module.dumps(rows)
    lines = [
        f"user {row['user_id']}: {', '.join(row['roles']) or 'no role'}"
        f"{', superuser' * row['superuser']}{', disabled' * (not row['active'])}"
        f"{', no second factor' * (not row['second_factor'])}{', reads transcripts' * row['transcripts']}"
        for row in rows
    ]
    return "\n".join(lines) or "There are no staff members."
