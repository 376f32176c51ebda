"""Daily statistics for the charts of the admin, computed in the background: a page must not read a million rows.

Every app registers a source of its statistics, as it registers its steps of an erasure.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db.models.functions import Now

from accounts.models import DailyStatistic, User

DAYS: Final = 30
"""Days that the charts show, today included."""

KEPT: Final = timedelta(days=400)

StatisticsSource = Callable[[date], Mapping[str, float]]
"""Returns the statistics of a day (UTC) by name."""

_sources: list[StatisticsSource] = []


def register_source(source: StatisticsSource) -> None:
    if source not in _sources:
        _sources.append(source)


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day (UTC), and of the next one."""
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    return begin, begin + timedelta(days=1)


def collect() -> int:
    """Recompute today and yesterday, compute missing days of the charts, and return the number of days."""
    today = User.objects.annotate(now=Now()).values_list("now", flat=True).first() or datetime.now(UTC)
    days = [today.date() - timedelta(days=back) for back in range(DAYS)]
    known = set(DailyStatistic.objects.filter(day__in=days).values_list("day", flat=True))
    due = [day for number, day in enumerate(days) if number < 2 or day not in known]
    for day in due:
        _collect(day)
    DailyStatistic.objects.filter(day__lt=today.date() - KEPT).delete()
    return len(due)


def _collect(day: date) -> None:
    found = {name: value for source in _sources for name, value in source(day).items()}
    DailyStatistic.objects.bulk_create(
        [DailyStatistic(day=day, name=name[:60], value=value) for name, value in found.items()],
        update_conflicts=True,
        unique_fields=["day", "name"],
        update_fields=["value"],
    )


def sign_ups(day: date) -> dict[str, float]:
    """The number of new users. It is stored even if it is zero, which marks the day as computed."""
    begin, end = bounds_of(day)
    return {"sign_ups": User.objects.filter(created_at__gte=begin, created_at__lt=end).count()}
