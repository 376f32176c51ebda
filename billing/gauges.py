"""Metrics that are read from the database (`config.infrastructure.database_metrics`)."""

from typing import Final

from django.conf import settings

from config.infrastructure.database_metrics import query_number, register

OLDEST_EVENT: Final = """
    SELECT extract(epoch FROM statement_timestamp() - min(received_at)) FROM billing_stripeevent
    WHERE next_try_at IS NOT NULL
"""
TOKENS_TODAY: Final = """
    SELECT prompt_tokens + output_tokens FROM billing_serviceusage
    WHERE day = (statement_timestamp() AT TIME ZONE 'UTC')::date
"""


def oldest_event() -> float:
    """The age in seconds of the oldest event that waits to be processed."""
    return query_number(OLDEST_EVENT)


def tokens_today() -> float:
    """Tokens that all calls to the model have used today (UTC)."""
    return query_number(TOKENS_TODAY)


def register_all() -> None:
    register(
        name="kuvaka_webhook_oldest_seconds",
        documentation="Age of the oldest event of Stripe's that is still to be processed.",
        read=oldest_event,
    )
    register(
        name="kuvaka_service_tokens_today",
        documentation="Tokens that all calls to the model have used today (UTC).",
        read=tokens_today,
    )
    register(
        name="kuvaka_service_tokens_ceiling",
        documentation="DAILY_TOKEN_CEILING.",
        read=lambda: float(settings.DAILY_TOKEN_CEILING),
    )
