"""What each app keeps about a user. An app registers it once, in `AppConfig.ready`; nothing here imports a model."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Protocol

from django.db.models import QuerySet

Section = Callable[[int], Iterable[Any]]
"""Yields the rows about a user, by the user's id, as plain values."""


class Phase(IntEnum):
    """The order of an erasure's steps, from what must not be lost to what everything else refers to."""

    BILLING = 1
    """What costs the user money ends first."""
    REPLIES = 2
    """No worker writes for the account any more."""
    CONTENT = 3
    RECORDS = 4
    """What the law requires us to keep is reduced to that."""
    ACCOUNT = 5


class Erase(Protocol):
    """Deletes one part of an account, in its own transactions, and raises to be run again later.

    Two workers may run it at once, and it may have run before.
    """

    def __call__(self, *, user_id: int) -> None: ...


@dataclass(frozen=True, slots=True)
class ErasureStep:
    """One part of an erasure; `name` is for the log."""

    phase: Phase
    name: str
    run: Erase


@dataclass(frozen=True, slots=True)
class RetentionStep:
    """Rows that are kept for a limited time.

    Attributes:
        name: of the rows, for the report.
        outdated: finds the expired rows; returns None if a setting says that they are kept forever.
        delete: deletes them and returns how many rows it deleted; None: `retention.delete_in_batches`.
    """

    name: str
    outdated: Callable[[], "QuerySet[Any] | None"]
    delete: Callable[["QuerySet[Any]"], int] | None = None


sections: Final[dict[str, Section]] = {}
erasure_steps: Final[list[ErasureStep]] = []
retention_steps: Final[list[RetentionStep]] = []


def register(
    *,
    export: Mapping[str, Section] | None = None,
    erase: Sequence[ErasureStep] = (),
    retain: Sequence[RetentionStep] = (),
) -> None:
    """Add what an app keeps.

    Args:
        export: the sections of the user's export by name, in their order.
        erase: the steps of an erasure; within a phase they run in the order of registration.
        retain: what `purge` deletes.

    Raises:
        ValueError: another app has a section of the same name.
    """
    for name, section in (export or {}).items():
        if sections.setdefault(name, section) is not section:
            raise ValueError(name)
    erasure_steps.extend(erase)
    retention_steps.extend(retain)
