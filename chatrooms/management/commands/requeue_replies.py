"""`manage.py requeue_replies`: publish replies that are stuck or held by dead workers, and retry failed ones."""

import json as json_module
import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from chatrooms import requeue
from chatrooms.models import Reply, Status
from chatrooms.requeue import Requeued

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    """Without options it does the reaper's work, for all replies at once. Retrying failed ones needs --failed."""

    help = (
        "Take back the replies that dead workers hold, and publish all that could start, for example after Redis was "
        "emptied. With --failed CODE, also retry the replies that failed with this code. That consumes no unit of the "
        "users, whose unit was refunded when the reply failed, and is recorded as a staff action. No reply is "
        "generated twice. Exit code 1: Redis did not accept everything, or today's tokens are used up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--failed", metavar="CODE", help="the code of the failure, for example provider_overloaded")
        parser.add_argument(
            "--since",
            type=_moment,
            metavar="TIME",
            help="with --failed: 30m, 2h, 1d, or 2026-11-24T10:00Z; earlier failures are not retried",
        )
        parser.add_argument(
            "--limit", type=int, default=10_000, help="with --failed: how many at most (default 10,000)"
        )
        parser.add_argument("--dry-run", action="store_true", help="only print how many there are")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, failed: str | None, since: datetime | None, dry_run: bool, **options: Any) -> None:
        """Run the command and print what it did.

        Raises:
            CommandError: only one of --failed and --since is given, or not all replies could be handled.
        """
        if (failed is None) != (since is None):
            raise CommandError(
                "--failed and --since need each other: without a time it would retry all failures there ever were."
            )
        if dry_run:
            facts = _waiting(failed, since)
            self._print(facts, json=options["json"])
            return
        done = requeue.requeue()
        if failed and since:
            retried = requeue.retry(requeue.failed(code=failed, since=since)[: options["limit"]])
            retried.taken_back, retried.published = done.taken_back, done.published
            retried.stopped_by = retried.stopped_by or done.stopped_by
            done = retried
        self._print(_done(done), json=options["json"])
        if done.stopped_by:
            raise CommandError(f"Stopped early ({done.stopped_by}). The reaper publishes the queued replies later.")

    def _print(self, facts: dict[str, Any], *, json: bool) -> None:
        self.stdout.write(json_module.dumps(facts) if json else "\n".join(f"{k}: {v}" for k, v in facts.items()))


def _waiting(failed: str | None, since: datetime | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"held by dead workers": requeue.expired().count(), "to start": requeue.startable().count()}
    if failed and since:
        facts["to be retried"] = requeue.failed(code=failed, since=since).count()
        rows = Reply.objects.filter(status=Status.FAILED, is_current=True, finished_at__gte=since)
        facts["failed since then, by code"] = dict(
            rows.values_list("error").annotate(count=Count("pk")).order_by("error")
        )
    return facts


def _done(done: Requeued) -> dict[str, Any]:
    return {
        "taken back from dead workers": done.taken_back,
        "published": done.published,
        "retried": done.retried,
        "left alone, by reason": dict(done.skipped),
    }


def _moment(text: str) -> datetime:
    """A moment in the past, from `2h` or from ISO 8601 (UTC if it has no time zone)."""
    if match := re.fullmatch(r"(\d{1,5})([mhd])", text):
        return timezone.now() - timedelta(**{UNITS[match[2]]: int(match[1])})
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"{text} is neither like 30m, 2h or 1d nor like 2026-11-24T10:00Z")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
