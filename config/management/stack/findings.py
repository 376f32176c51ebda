"""The findings of `manage.py check_stack`, and the loop that runs its checks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import structlog
from celery.exceptions import CeleryError
from django.db import DatabaseError
from kombu.exceptions import OperationalError

from config.celery import app

log = structlog.get_logger(__name__)

INSPECT_TIMEOUT: Final = 1.5
"""Seconds for the workers to reply; they need a few hundredths."""


class Verdict(StrEnum):
    """The state of a part. Only `wrong` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    """It works, but operators should know about it."""
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be checked, because something it depends on is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the table. `advice` says how to fix it, if it needs fixing."""

    part: str
    verdict: Verdict
    said: str
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def ok(part: str, said: str) -> Finding:
    return Finding(part=part, verdict=Verdict.OK, said=said)


def warning(part: str, said: str, advice: str) -> Finding:
    return Finding(part=part, verdict=Verdict.WARNING, said=said, advice=advice)


def wrong(part: str, said: str, advice: str) -> Finding:
    return Finding(part=part, verdict=Verdict.WRONG, said=said, advice=advice)


class Workers:
    """The workers that reply to an inspection, which is made once."""

    @cached_property
    def queues(self) -> dict[str, set[str]]:
        """The queues that each worker consumes, by the worker's name; empty while the broker is unavailable."""
        try:
            replies = app.control.inspect(timeout=INSPECT_TIMEOUT).active_queues() or {}
        except (OperationalError, CeleryError, OSError):
            return {}
        return {name: {queue["name"] for queue in queues or ()} for name, queues in replies.items()}

    def of(self, queue: str) -> list[str]:
        """The names of the workers that consume `queue`."""
        return sorted(name for name, queues in self.queues.items() if queue in queues)


CheckFunction = Callable[[Workers], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackCheck:
    """One check, its part, and the parts that it depends on."""

    part: str
    check: CheckFunction
    needs: Sequence[str] = ()


def run_checks(checks: Sequence[StackCheck]) -> list[Finding]:
    """Run the checks in order; one that cannot run is reported as `unknown`. Nothing is raised."""
    workers, found = Workers(), list[Finding]()
    for check in checks:
        missing = {each.part for each in found if each.verdict is Verdict.WRONG} & set(check.needs)
        if missing:
            said = f"not checked, because of: {', '.join(sorted(missing))}"
            found.append(Finding(part=check.part, verdict=Verdict.UNKNOWN, said=said))
        else:
            found += _run_check(check, workers)
    return found


def _run_check(check: StackCheck, workers: Workers) -> list[Finding]:
    """Run one check. The text of an error may quote a row, so only its type is reported."""
    try:
        return list(check.check(workers))
    except DatabaseError as error:
        advice = "Run `manage.py migrate` if tables are missing; otherwise see PostgreSQL's log."
        return [wrong(check.part, f"the database refused a query ({type(error).__name__})", advice)]
    except Exception as error:  # noqa: BLE001  a check that fails must not hide the others
        log.warning("check_failed", part=check.part, cause=type(error).__name__)
        return [wrong(check.part, f"the check failed ({type(error).__name__})", "This is a bug in check_stack.")]
