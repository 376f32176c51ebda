"""Tokens and money used by calls to the model, per user and for the whole installation.

The ceiling for the installation limits its cost; each user's share of it keeps one user from using it up for all.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from billing.exceptions import ServiceBudgetReached, TokenShareReached
from billing.models import ModelCall, Tier
from config.infrastructure.database import prepared_cursor
from config.observability import metrics

log = structlog.get_logger(__name__)

KEPT_FOR: Final = timedelta(days=400)
"""How long each call is listed: a year and the month in which it is looked back upon."""

ADD_CALLS: Final = """
    WITH today AS (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day),
    call AS (
        SELECT * FROM jsonb_to_recordset(%(calls)s::jsonb) AS call(
            purpose text, model text, prompt_tokens int, output_tokens int, cached_tokens int, tool_tokens int,
            thought_tokens int, estimated bool, cost_micros bigint, response_id text, service_tier text
        )
    ),
    total AS (
        SELECT coalesce(sum(prompt_tokens::bigint + coalesce(tool_tokens, 0)), 0) AS prompt,
               coalesce(sum(output_tokens), 0) AS output, coalesce(sum(cost_micros), 0) AS cost
        FROM call
    ),
    of_user AS (
        INSERT INTO billing_dailyusage AS usage (user_id, day, used, prompt_tokens, output_tokens, cost_micros)
        SELECT users.id, today.day, 0, total.prompt, total.output, total.cost
        FROM today, total, accounts_user AS users WHERE users.id = %(user_id)s
        FOR KEY SHARE OF users
        ON CONFLICT (user_id, day) DO UPDATE SET
            prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
            output_tokens = usage.output_tokens + excluded.output_tokens,
            cost_micros = usage.cost_micros + excluded.cost_micros
        RETURNING user_id
    ),
    listed AS (
        INSERT INTO billing_modelcall (
            user_id, purpose, model, prompt_tokens, output_tokens, cached_tokens, tool_tokens, thought_tokens,
            estimated, cost_micros, response_id, service_tier
        )
        SELECT of_user.user_id, call.* FROM of_user, call
    )
    INSERT INTO billing_serviceusage AS usage (day, prompt_tokens, output_tokens, cost_micros)
    SELECT today.day, total.prompt, total.output, total.cost FROM today, total
    ON CONFLICT (day) DO UPDATE SET
        prompt_tokens = usage.prompt_tokens + excluded.prompt_tokens,
        output_tokens = usage.output_tokens + excluded.output_tokens,
        cost_micros = usage.cost_micros + excluded.cost_micros
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to the model, for `ModelCall`: its fields, of which `prompt_tokens` and `output_tokens` must be set."""

    purpose: ModelCall.Purpose
    model: str
    prompt_tokens: int
    output_tokens: int
    cached_tokens: int | None = None
    tool_tokens: int | None = None
    thought_tokens: int | None = None
    estimated: bool = False
    cost_micros: int | None = None
    response_id: str = ""
    service_tier: str = ""


def add(*, user_id: int, calls: Sequence[Call]) -> None:
    """Count and list calls on the day they ended, with any outcome.

    The user's row is locked: if an erasure is deleting it, this waits, and then counts the calls for the installation
    only.
    """
    if paid := [asdict(call) for call in calls if call.prompt_tokens or call.output_tokens]:
        with prepared_cursor() as cursor:
            cursor.execute(ADD_CALLS, {"user_id": user_id, "calls": json.dumps(paid)})


def outdated_calls() -> QuerySet[ModelCall]:
    """The listed calls to delete. The sums of each day are kept."""
    return ModelCall.objects.filter(created_at__lt=Now() - KEPT_FOR)


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
