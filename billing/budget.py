"""Tokens used by calls to the model, per user and for the whole installation.

The ceiling for the installation limits its cost; each user's share of it keeps one user from using it up for all.
"""

import math
from typing import Final

import structlog
from django.conf import settings

from billing.exceptions import ServiceBudgetReached, TokenShareReached
from billing.models import Tier
from config.infrastructure.database import prepared_cursor
from config.observability import metrics

log = structlog.get_logger(__name__)

ADD_TOKENS = """
    WITH today AS (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day),
    of_user AS (
        INSERT INTO billing_dailyusage AS usage (user_id, day, used, prompt_tokens, output_tokens)
        SELECT users.id, today.day, 0, %(prompt)s, %(output)s
        FROM today, accounts_user AS users WHERE users.id = %(user_id)s
        FOR KEY SHARE OF users
        ON CONFLICT (user_id, day) DO UPDATE SET
            prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
            output_tokens = usage.output_tokens + excluded.output_tokens
    )
    INSERT INTO billing_serviceusage AS usage (day, prompt_tokens, output_tokens)
    SELECT today.day, %(prompt)s, %(output)s FROM today
    ON CONFLICT (day) DO UPDATE SET
        prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
        output_tokens = usage.output_tokens + excluded.output_tokens
"""
SERVICE_REMAINING: Final = """(
    %(ceiling)s - coalesce((SELECT prompt_tokens + output_tokens FROM billing_serviceusage WHERE day = today.day), 0)
)"""
SHARE_REMAINING: Final = """(
    %(share)s - coalesce((SELECT prompt_tokens + output_tokens FROM billing_dailyusage
                          WHERE user_id = %(user_id)s AND day = today.day), 0)
)"""
REMAINING: Final = f"""
    SELECT {SERVICE_REMAINING}, {SHARE_REMAINING},
           extract(epoch FROM (today.day + 1)::timestamp AT TIME ZONE 'UTC' - statement_timestamp())::float
    FROM (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day) AS today
"""  # noqa: S608  of constants


def add(*, user_id: int, prompt_tokens: int, output_tokens: int) -> None:
    """Count the tokens of one call on the day it ended, with any outcome.

    The user's row is locked: if an erasure is deleting it, this waits, and then counts the call for the installation
    only.
    """
    if prompt_tokens or output_tokens:
        with prepared_cursor() as cursor:
            cursor.execute(ADD_TOKENS, {"user_id": user_id, "prompt": prompt_tokens, "output": output_tokens})


def share_of(tier: Tier) -> int:
    """The tokens that one user of the tier may use in a day: a share of `DAILY_TOKEN_CEILING`, rounded up."""
    return math.ceil(settings.DAILY_TOKEN_CEILING * settings.TOKEN_SHARES[tier.slug] / 100)


def limits(*, user_id: int, tier: Tier) -> dict[str, int]:
    """The parameters of `SERVICE_REMAINING` and `SHARE_REMAINING`."""
    return {"ceiling": settings.DAILY_TOKEN_CEILING, "share": share_of(tier), "user_id": user_id}


def check(*, user_id: int, tier: Tier) -> None:
    """Check before a send and before a call that today's tokens are not used up.

    Calls are counted when they end, so calls in flight may exceed a limit, but no further call is made: a reply that
    was accepted before then fails without one, and its unit is refunded.

    Raises:
        ServiceBudgetReached: the installation has used up `DAILY_TOKEN_CEILING`.
        TokenShareReached: the user has used up the tier's share of it.
    """
    with prepared_cursor() as cursor:
        cursor.execute(REMAINING, limits(user_id=user_id, tier=tier))
        remaining, share_remaining, seconds = cursor.fetchone()
    if remaining <= 0:
        metrics.quota_refusals.labels(ServiceBudgetReached.code).inc()
        log.error("service_budget_reached", ceiling=settings.DAILY_TOKEN_CEILING)
        raise ServiceBudgetReached(retry_after=seconds)
    if share_remaining <= 0:
        metrics.quota_refusals.labels(TokenShareReached.code).inc()
        share = share_of(tier)
        raise TokenShareReached(retry_after=seconds, limit=share, used=share - share_remaining)
