"""Billing's statistics of a day (`accounts.statistics`)."""

from datetime import UTC, date, datetime

from django.db.models.functions import Now

from billing.models import Entitlement, ServiceUsage


def daily_statistics(day: date) -> dict[str, float]:
    """Tokens of the day and, only for today, the number of paying users, which is not known for past days."""
    usage = ServiceUsage.objects.filter(day=day).first()
    found: dict[str, float] = {
        "prompt_tokens": usage.prompt_tokens if usage else 0,
        "output_tokens": usage.output_tokens if usage else 0,
    }
    if day == datetime.now(UTC).date():
        found["paying"] = Entitlement.objects.filter(stripe_until__gt=Now()).count()
    return found
