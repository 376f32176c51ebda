"""`manage.py requeue_replies`: get replies moving again that wait, are held by dead workers, or have failed."""

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
    """Without options what the reaper does, at once and for all; with --failed also what only a person decides."""

    help = (
        "Take back the replies that dead workers hold, and publish everything that could start (Redis may have been "
        "emptied). With --failed CODE, have the replies that failed with this code tried again; that takes no unit of "
        "the users', whose own was given back when the reply failed, and is recorded as an action of the staff. "
        "Nothing is ever answered twice. Exit code 1: Redis took not all of it, or today's tokens are used up."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add which failures, and how."""
        parser.add_argument("--failed", metavar="CODE", help="the code of the failure, provider_overloaded say")
        parser.add_argument(
            "--since",
            type=_moment,
            metavar="TIME",
            help="with --failed: 30m, 2h, 1d, or 2026-11-24T10:00Z; failures before that are left alone",
        )
        parser.add_argument("--limit", type=int, default=10_000, help="with --failed: at most so many (10,000)")
        parser.add_argument("--dry-run", action="store_true", help="only say how many there are")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, failed: str | None, since: datetime | None, dry_run: bool, **options: Any) -> None:
        """Do it, and say what was done.

        Raises:
            CommandError: --failed and --since do not come together, or not all could be done.
        """
        if (failed is None) != (since is None):
            raise CommandError("--failed needs --since, and the reverse: nobody means every failure that ever was.")
        if dry_run:
            facts = _waiting(failed, since)
            self._tell(facts, json=options["json"])
            return
        done = requeue.requeue()
        if failed and since:
            retried = requeue.retry(requeue.failed(code=failed, since=since)[: options["limit"]])
            retried.taken_back, retried.published = done.taken_back, done.published
            retried.stopped_by = retried.stopped_by or done.stopped_by
            done = retried
        self._tell(_done(done), json=options["json"])
        if done.stopped_by:
            raise CommandError(f"Not all could be done ({done.stopped_by}); what is queued will be taken up later.")

    def _tell(self, facts: dict[str, Any], *, json: bool) -> None:
        self.stdout.write(json_module.dumps(facts) if json else "\n".join(f"{k}: {v}" for k, v in facts.items()))


def _waiting(failed: str | None, since: datetime | None) -> dict[str, Any]:
    """What there is to do."""
    facts: dict[str, Any] = {"held by dead workers": requeue.run_out().count(), "to start": requeue.startable().count()}
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
    """A moment in the past, from `2h` or from ISO 8601 (UTC where it names no zone)."""
    if match := re.fullmatch(r"(\d{1,5})([mhd])", text):
        return timezone.now() - timedelta(**{UNITS[match[2]]: int(match[1])})
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise ArgumentTypeError(f"{text} is neither like 30m, 2h or 1d nor like 2026-11-24T10:00Z")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
