"""`manage.py seed_demo`: people with conversations, to look at and to measure with."""

import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.models import User
from config.management.demo import people
from config.management.demo.people import PREFIX


class Command(BaseCommand):
    """For development alone; run twice, it makes what is missing."""

    help = (
        "Fill a development database: people, rooms, conversations of the last thirty days with answered, failed and "
        "stopped replies, Pro by grants, and units and tokens that agree with them. Makes what is missing to the "
        "numbers that are asked for, so that running it twice does nothing. Refused when DEBUG is off."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add how many."""
        parser.add_argument("--users", type=int, default=20, help="people there should be (20)")
        parser.add_argument("--messages", type=int, default=1000, help="messages, questions and replies together")
        parser.add_argument("--seed", type=int, default=1, help="another one makes other conversations")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be made")

    def handle(self, *args: Any, users: int, messages: int, seed: int, dry_run: bool, **options: Any) -> None:
        """Make what is missing, and say how to sign in.

        Raises:
            CommandError: this is no development, or the numbers make no sense.
        """
        if not settings.DEBUG:
            raise CommandError("DEBUG is off: this may be a real installation, and nobody there should be made up.")
        if not 1 <= users <= people.MOST or not 0 <= messages <= 10**8:
            raise CommandError(f"From 1 to {people.MOST} users, and no more than 100,000,000 messages.")
        if not people.tiers_are_there():
            raise CommandError("There are no tiers yet: run `manage.py seed_tiers` first.")
        there, said = people.known()
        more_users, more_messages = max(users - there, 0), max(messages - said, 0) // 2 * 2
        self.stdout.write(f"there: {there} people, {said} messages")
        if dry_run:
            self.stdout.write(f"would be made: {more_users} people, {more_messages} messages")
            return
        # What is said later is not what was said before.
        self._make(more_users, more_messages, seed=f"{seed}/{said}")
        self._say_how_to_sign_in()

    def _make(self, users: int, messages: int, *, seed: str) -> None:
        began, now, done = time.monotonic(), datetime.now(UTC), 0
        try:
            shares = list(people.shares(_who(users), messages // 2))
        except ValueError:
            raise CommandError("So many messages need more people: ask for more --users.") from None
        for batch in people.batches(shares):
            done += people.make(batch, now=now, seed=seed)
            self._progress(done, messages, began)
        if users or messages:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE accounts_user, chatrooms_chatroom, chatrooms_message, billing_ledgerentry")
        seconds = time.monotonic() - began
        self.stdout.write(f"made: {users} people, {done} messages, in {seconds:.0f} s")

    def _progress(self, done: int, messages: int, began: float) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"{done:,} of {messages:,} messages, {time.monotonic() - began:.0f} s")

    def _say_how_to_sign_in(self) -> None:
        number = User.objects.filter(mobile_number__startswith=PREFIX).order_by("pk").values_list("mobile_number")[0][0]
        if settings.SMS_DELIVERY == "twilio":
            self.stdout.write("Codes go out by SMS here, to numbers that may be somebody's: do not sign in as them.")
            return
        self.stdout.write(
            f"To sign in as one of them, who has Pro, ask for a code and hand it back:\n"
            f"  curl -s {settings.WEB_ORIGIN}/auth/send-otp -H 'Content-Type: application/json' "
            f'-d \'{{"mobile_number": "{number}"}}\''
        )


def _who(users: int) -> list[tuple[int, int | None]]:
    """The new people, by number; if there are none to make, the known ones, who then say more."""
    first = people.next_number()
    if first + users > people.MOST:
        raise CommandError("There are no numbers left for so many more people.")
    if users:
        return [(number, None) for number in range(first, first + users)]
    known = User.objects.filter(mobile_number__startswith=PREFIX).order_by("pk").values_list("mobile_number", "pk")
    return [(int(number.removeprefix(PREFIX)), pk) for number, pk in known]
