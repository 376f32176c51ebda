"""Tokens: what every call to the model cost, for its user and for the whole installation.

The ceiling of all protects who pays for them; each user's share of it protects all from one.
"""

import math
from typing import Final

import structlog
from django.conf import settings
from django.db import connection

from billing.exceptions import ServiceBudgetReached, TokenShareReached
from billing.models import Tier
from config.observability import metrics

log = structlog.get_logger(__name__)

ADD = """
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
LEFT: Final = """
    SELECT %(ceiling)s - coalesce(
               (SELECT prompt_tokens + output_tokens FROM billing_serviceusage WHERE day = today.day), 0),
           %(share)s - coalesce(
               (SELECT prompt_tokens + output_tokens FROM billing_dailyusage
                WHERE user_id = %(user_id)s AND day = today.day), 0),
           extract(epoch FROM (today.day + 1)::timestamp AT TIME ZONE 'UTC' - statement_timestamp())::float
    FROM (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day) AS today
"""


def add(*, user_id: int, prompt_tokens: int, output_tokens: int) -> None:
    """Count one call that has ended, however it ended, on the day on which it did.

    The user's row is locked, so that one who is being erased meanwhile is waited for and then left out; their call
    counts for the installation all the same.
    """
    if prompt_tokens or output_tokens:
        with connection.cursor() as cursor:
            cursor.execute(ADD, {"user_id": user_id, "prompt": prompt_tokens, "output": output_tokens})


def share_of(tier: Tier) -> int:
    """The tokens of a day that one user of the tier may use: a part of `DAILY_TOKEN_CEILING`, rounded up."""
    return math.ceil(settings.DAILY_TOKEN_CEILING * settings.TOKEN_SHARES[tier.slug] / 100)


def check(*, user_id: int, tier: Tier) -> None:
    """Let a send, and a call, pass while today's tokens are under `DAILY_TOKEN_CEILING`, and the user's under theirs.

    Calls count when they end, so both are overshot by those in flight when they are reached, and by no more: a reply
    that was accepted before fails without a call, and its unit goes back.

    Raises:
        ServiceBudgetReached: those of everybody are used up.
        TokenShareReached: the user's are.
    """
    share = share_of(tier)
    with connection.cursor() as cursor:
        cursor.execute(LEFT, {"ceiling": settings.DAILY_TOKEN_CEILING, "share": share, "user_id": user_id})
        left, of_share, seconds = cursor.fetchone()
    if left <= 0:
        metrics.quota_refusals.labels(ServiceBudgetReached.code).inc()
        log.error("service_budget_reached", ceiling=settings.DAILY_TOKEN_CEILING)
        raise ServiceBudgetReached(retry_after=seconds)
    if of_share <= 0:
        metrics.quota_refusals.labels(TokenShareReached.code).inc()
        raise TokenShareReached(retry_after=seconds, limit=share, used=share - of_share)
