"""The admin's first page: the current state, and charts of the last weeks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import DailyStatistic
from accounts.statistics import DAYS
from billing.models import ServiceUsage, StripeEvent
from chatrooms.models import Reply

COLOURS: Final = ("#7c3aed", "#059669", "#dc2626", "#d97706", "#2563eb", "#6b7280", "#db2777", "#0d9488")

Values = Mapping[str, Mapping[date, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number of this moment; `alarming` ones are red."""

    title: str
    value: str
    note: str = ""
    alarming: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of the last weeks, a `line` or a `bar`. `data` and `options` are JSON for Chart.js."""

    title: str
    kind: str
    data: str
    options: str


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the page's template, in five queries."""
    today = timezone.now().date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    values = _values(days)
    return {**context, "tiles": _tiles(today, values), "charts": _charts(days, values)}


def _values(days: Sequence[date]) -> Values:
    values: dict[str, dict[date, float]] = {}
    for statistic in DailyStatistic.objects.filter(day__gte=days[0]):
        values.setdefault(statistic.name, {})[statistic.day] = statistic.value
    return values


def _tiles(today: date, values: Values) -> list[Tile]:
    waiting = Reply.objects.unfinished().aggregate(count=Count("*"), oldest=Now() - Min("next_attempt_at"))
    age = max(waiting["oldest"], timedelta()) if waiting["oldest"] is not None else timedelta()
    events = StripeEvent.objects.filter(processed_at=None)
    failed, late = events.filter(next_attempt_at=None).count(), events.filter(next_attempt_at__isnull=False).count()
    usage = ServiceUsage.objects.filter(day=today).first()
    tokens = usage.prompt_tokens + usage.output_tokens if usage else 0
    spent = tokens / settings.DAILY_TOKEN_CEILING

    def of_today(name: str) -> str:
        return f"{values.get(name, {}).get(today, 0):,.0f}"

    return [
        Tile(
            title="Unfinished replies",
            value=f"{waiting['count']:,}",
            note=f"the oldest has waited {age.total_seconds():.0f} s",
            alarming=age > timedelta(minutes=1),
        ),
        Tile(title="Messages today", value=of_today("messages"), note=f"{of_today('failed')} replies failed"),
        Tile(title="New users today", value=of_today("sign_ups"), note=f"{of_today('paying')} pay for Pro"),
        Tile(title="Tokens today", value=f"{tokens:,}", note=f"{spent:.0%} of the ceiling", alarming=spent > 0.8),
        Tile(title="Stripe events", value=f"{failed:,} failed", note=f"{late:,} to be processed", alarming=failed > 0),
    ]


def _charts(days: Sequence[date], values: Values) -> list[Chart]:
    codes = sorted(name for name in values if name.startswith("failed."))
    return [
        _chart("Messages", "line", days, values, {"messages": "messages"}),
        _chart("Replies by outcome", "bar", days, values, {"done": "done", "stopped": "stopped", "failed": "failed"}),
        _chart(
            "Time to the first token (ms)", "line", days, values, {"first_token_p50": "p50", "first_token_p95": "p95"}
        ),
        _chart("Time in the queue (ms)", "line", days, values, {"queue_p95": "p95"}),
        _chart("Tokens", "bar", days, values, {"prompt_tokens": "prompt", "output_tokens": "output"}),
        _chart("Failures by code", "bar", days, values, {name: name.partition(".")[2] for name in codes}),
        _chart("New users", "bar", days, values, {"sign_ups": "new users"}),
        _chart("Paying users", "line", days, values, {"paying": "users"}),
    ]


def _chart(title: str, kind: str, days: Sequence[date], values: Values, names: Mapping[str, str]) -> Chart:
    sets = [
        {
            "label": label,
            "data": [values.get(name, {}).get(day) for day in days],
            "borderColor": COLOURS[number % len(COLOURS)],
            "backgroundColor": COLOURS[number % len(COLOURS)],
            "stack": "all",
            "spanGaps": True,
        }
        for number, (name, label) in enumerate(names.items())
    ]
    stacked = {"stacked": kind == "bar"}
    options = {
        "animation": False,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"display": len(names) > 1, "position": "bottom"}},
        "scales": {"x": stacked, "y": {**stacked, "beginAtZero": True}},
    }
    labels = [f"{day:%d %b}" for day in days]
    return Chart(
        title=title,
        kind=kind,
        data=json.dumps({"labels": labels, "datasets": sets}),
        options=json.dumps(options),
    )
