"""What `manage.py seed_demo` does: users with conversations, for demonstrations and benchmarks."""

import time
from datetime import UTC, datetime

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from django.db import connection

from accounts.models import User
from config.dev.seed import demo_users
from config.dev.seed.demo_users import PREFIX


class Seeding:
    """One run of the command, with its output."""

    def __init__(self, stdout: OutputWrapper, stderr: OutputWrapper) -> None:
        self.stdout, self.stderr = stdout, stderr

    def run(self, *, users: int, messages: int, seed: int, dry_run: bool) -> None:
        """Create what is missing, and print how to sign in.

        Raises:
            CommandError: a number is out of range, or there are no tiers.
        """
        if not 1 <= users <= demo_users.MOST or not 0 <= messages <= 10**8:
            raise CommandError(f"From 1 to {demo_users.MOST} users, and no more than 100,000,000 messages.")
        if not demo_users.tiers_are_there():
            raise CommandError("There are no tiers yet: run `manage.py seed_tiers` first.")
        there, said = demo_users.known()
        more_users, more_messages = max(users - there, 0), max(messages - said, 0) // 2 * 2
        self.stdout.write(f"existing: {there} users, {said} messages")
        if dry_run:
            self.stdout.write(f"would be created: {more_users} users, {more_messages} messages")
            return
        # A later run creates other messages than an earlier one.
        self._make(more_users, more_messages, seed=f"{seed}/{said}")
        self._say_how_to_sign_in()

    def _make(self, users: int, messages: int, *, seed: str) -> None:
        began, now, done = time.monotonic(), datetime.now(UTC), 0
        try:
            shares = list(demo_users.shares(_numbers(users), messages // 2))
        except ValueError:
            raise CommandError("So many messages need more users: set a higher --users.") from None
        for batch in demo_users.batches(shares):
            done += demo_users.make(batch, now=now, seed=seed)
            self._progress(done, messages, began)
        if users or messages:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE accounts_user, chatrooms_chatroom, chatrooms_message, billing_ledgerentry")
        seconds = time.monotonic() - began
        self.stdout.write(f"created: {users} users, {done} messages, in {seconds:.0f} s")

    def _progress(self, done: int, messages: int, began: float) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{done:,} of {messages:,} messages, {time.monotonic() - began:.0f} s")

    def _say_how_to_sign_in(self) -> None:
        number = User.objects.filter(mobile_number__startswith=PREFIX).order_by("pk").values_list("mobile_number")[0][0]
        if settings.SMS_DELIVERY == "twilio":
            self.stdout.write("Codes are sent by SMS here, and these numbers may exist: do not sign in as these users.")
            return
        self.stdout.write(
            f"To sign in as one of them, with Pro, request a code and send it back:\n"
            f"  curl -s {settings.WEB_ORIGIN}/auth/send-otp -H 'Content-Type: application/json' "
            f'-d \'{{"mobile_number": "{number}"}}\''
        )


def _numbers(users: int) -> list[tuple[int, int | None]]:
    """The new users, by number; without new ones, the existing users, who then get more messages."""
    first = demo_users.next_number()
    if first + users > demo_users.MOST:
        raise CommandError("There are not enough numbers left for so many users.")
    if users:
        return [(number, None) for number in range(first, first + users)]
    known = User.objects.filter(mobile_number__startswith=PREFIX).order_by("pk").values_list("mobile_number", "pk")
    return [(int(number.removeprefix(PREFIX)), pk) for number, pk in known]
