"""What a look at one part of the stack found, and the looking itself."""

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

PATIENCE: Final = 1.5
"""Seconds that workers have to answer; they do in some hundredths."""


class Verdict(StrEnum):
    """How it stands with a part. Only `wrong` makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should know about it."""
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be looked at, since something that is wrong stands in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the table. `advice` says what to do, where there is something to do."""

    part: str
    verdict: Verdict
    said: str
    advice: str = ""

    def as_json(self) -> dict[str, Any]:
        """The finding as plain values."""
        return asdict(self)


def ok(part: str, said: str) -> Finding:
    """A part that is as it should be."""
    return Finding(part=part, verdict=Verdict.OK, said=said)


def warning(part: str, said: str, advice: str) -> Finding:
    """A part that works, and that somebody should look at."""
    return Finding(part=part, verdict=Verdict.WARNING, said=said, advice=advice)


def wrong(part: str, said: str, advice: str) -> Finding:
    """A part that does not work."""
    return Finding(part=part, verdict=Verdict.WRONG, said=said, advice=advice)


class Workers:
    """The workers that answer now, asked once."""

    @cached_property
    def queues(self) -> dict[str, set[str]]:
        """The queues that each worker consumes, by the worker's name; nothing while the broker is away."""
        try:
            answers = app.control.inspect(timeout=PATIENCE).active_queues() or {}
        except (OperationalError, CeleryError, OSError):
            return {}
        return {name: {queue["name"] for queue in queues or ()} for name, queues in answers.items()}

    def of(self, queue: str) -> list[str]:
        """The names of those that consume `queue`."""
        return sorted(name for name, queues in self.queues.items() if queue in queues)


Check = Callable[[Workers], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One check: what it looks at, and the parts without which it cannot."""

    part: str
    check: Check
    needs: Sequence[str] = ()


def look_at(looks: Sequence[Look]) -> list[Finding]:
    """Look at every part, in order; what cannot be looked at is said, and nothing is raised."""
    workers, found = Workers(), list[Finding]()
    for look in looks:
        missing = {each.part for each in found if each.verdict is Verdict.WRONG} & set(look.needs)
        if missing:
            said = f"not looked at, for want of: {', '.join(sorted(missing))}"
            found.append(Finding(part=look.part, verdict=Verdict.UNKNOWN, said=said))
        else:
            found += _look(look, workers)
    return found


def _look(look: Look, workers: Workers) -> list[Finding]:
    """What one check says; the text of an error may quote a row, so only its type is told."""
    try:
        return list(look.check(workers))
    except DatabaseError as error:
        advice = "Run `manage.py migrate` if tables are missing; otherwise look at PostgreSQL's log."
        return [wrong(look.part, f"the database refused a question ({type(error).__name__})", advice)]
    except Exception as error:  # noqa: BLE001  a check that fails must not hide what the others say
        log.warning("check_failed", part=look.part, cause=type(error).__name__)
        return [wrong(look.part, f"looking at it failed ({type(error).__name__})", "This is a mistake in check_stack.")]
