"""Units: how many messages a user may still send today. Days are UTC, by the database's clock.

`DailyUsage.used` is the counter and `LedgerEntry` its history. One statement changes both, so they always agree.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any, Final

from django.conf import settings
from django.db import connection

from accounts.models import ApiKey, EventType
from accounts.webhooks import outbox
from billing import budget, key_units
from billing.entitlements import TierStatus, current_tier_status
from billing.exceptions import QuotaExceeded
from billing.models import LedgerEntry, Tier
from config.http import rate_limits
from config.infrastructure.database import prepared_cursor
from config.observability import metrics

DAY: Final = 86_400
"""In seconds."""

CONSUME = f"""
    WITH today AS (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day),
    consumed AS (
        INSERT INTO billing_dailyusage AS usage (user_id, day, used, prompt_tokens, output_tokens)
        SELECT %(user_id)s, today.day, 1, 0, 0 FROM today
        WHERE (%(limit)s::bigint IS NULL OR %(limit)s::bigint > 0)
          AND {budget.SERVICE_REMAINING} > 0 AND {budget.SHARE_REMAINING} > 0
        ON CONFLICT (user_id, day) DO UPDATE SET used = usage.used + 1
        WHERE %(limit)s::bigint IS NULL OR usage.used < %(limit)s::bigint
        RETURNING user_id, day, used
    ), entry AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, api_key_id)
        SELECT user_id, day, 1, %(kind)s, %(api_key_id)s::uuid FROM consumed
        RETURNING id
    )
    SELECT entry.id, consumed.used, consumed.day, (consumed.day + 1)::timestamp AT TIME ZONE 'UTC',
           extract(epoch FROM (consumed.day + 1)::timestamp AT TIME ZONE 'UTC' - statement_timestamp())::float,
           consumed.used = %(limit)s::bigint AND {outbox.HAS_ENDPOINT}
    FROM entry, consumed
"""  # noqa: S608  of constants
REFUND = f"""
    WITH refunded AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, returns_id, api_key_id)
        SELECT user_id, day, -1, 'return', id, api_key_id FROM billing_ledgerentry
        WHERE id = %(unit_id)s AND amount = 1
        ON CONFLICT (returns_id) DO NOTHING
        RETURNING user_id, day, api_key_id
    ), of_key AS ({key_units.REFUND})
    UPDATE billing_dailyusage AS usage SET used = usage.used - 1 FROM refunded
    WHERE usage.user_id = refunded.user_id AND usage.day = refunded.day
"""  # noqa: S608  of constants
REFUND_STOPPED = f"""
    WITH refunded AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, returns_id, api_key_id)
        SELECT unit.user_id, unit.day, -1, 'return', unit.id, unit.api_key_id
        FROM billing_ledgerentry AS unit JOIN billing_dailyusage AS usage USING (user_id, day)
        WHERE unit.id = %(unit_id)s AND unit.amount = 1 AND usage.stops < %(most)s
        ON CONFLICT (returns_id) DO NOTHING
        RETURNING user_id, day, api_key_id
    ), of_key AS ({key_units.REFUND})
    UPDATE billing_dailyusage AS usage SET used = usage.used - 1, stops = usage.stops + 1 FROM refunded
    WHERE usage.user_id = refunded.user_id AND usage.day = refunded.day
"""  # noqa: S608  of constants
REFUND_NEWEST = f"""
    WITH units AS (
        SELECT id, user_id, day, api_key_id FROM billing_ledgerentry AS unit
        WHERE user_id = %(user_id)s AND day = (statement_timestamp() AT TIME ZONE 'UTC')::date AND amount = 1
          AND NOT EXISTS (SELECT FROM billing_ledgerentry AS returned WHERE returned.returns_id = unit.id)
        ORDER BY id DESC LIMIT %(at_most)s
    ), refunded AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, returns_id, api_key_id)
        SELECT user_id, day, -1, 'return', id, api_key_id FROM units
        ON CONFLICT (returns_id) DO NOTHING
        RETURNING user_id, day, api_key_id
    ), of_key AS ({key_units.REFUND}),
    counted AS (SELECT user_id, day, count(*) AS units FROM refunded GROUP BY user_id, day)
    UPDATE billing_dailyusage AS usage SET used = usage.used - counted.units FROM counted
    WHERE usage.user_id = counted.user_id AND usage.day = counted.day
    RETURNING counted.units
"""  # noqa: S608  of constants
USAGE = """
    WITH today AS (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day)
    SELECT coalesce(max(used) FILTER (WHERE usage.day = today.day), 0),
           coalesce(max(prompt_tokens) FILTER (WHERE usage.day = today.day), 0),
           coalesce(max(output_tokens) FILTER (WHERE usage.day = today.day), 0),
           coalesce(sum(prompt_tokens), 0)::bigint,
           coalesce(sum(output_tokens), 0)::bigint,
           coalesce(max(cost_micros) FILTER (WHERE usage.day = today.day), 0),
           coalesce(sum(cost_micros), 0)::bigint,
           (today.day + 1)::timestamp AT TIME ZONE 'UTC',
           extract(epoch FROM (today.day + 1)::timestamp AT TIME ZONE 'UTC' - statement_timestamp())::float
    FROM today LEFT JOIN billing_dailyusage AS usage
      ON usage.user_id = %(user_id)s AND usage.day BETWEEN date_trunc('month', today.day)::date AND today.day
    GROUP BY today.day
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of prompts and replies, as the provider counts them, or else as we estimate them; and what they cost.

    `cost_micros` is in millionths of a US dollar; calls whose price is unknown are not in it.
    """

    prompt: int
    output: int
    cost_micros: int

    @property
    def cost(self) -> Decimal:
        """In US dollars."""
        return Decimal(self.cost_micros) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a user may still use. `limit` is None where the tier has none; `resets_in` is in seconds."""

    tier_status: TierStatus
    used: int
    resets_at: datetime
    resets_in: float
    today: Tokens
    month: Tokens

    @property
    def tier(self) -> Tier:
        return self.tier_status.tier

    @property
    def limit(self) -> int | None:
        """Units per day."""
        return self.tier.daily_messages

    @property
    def remaining(self) -> int | None:
        """Units left today."""
        return _remaining(limit=self.limit, used=self.used)

    @property
    def token_limit(self) -> int:
        """Tokens that the user may use today."""
        return budget.share_of(self.tier)

    @property
    def tokens_remaining(self) -> int:
        """Tokens left today; never negative, although calls in flight may exceed the limit."""
        return max(0, self.token_limit - self.today.prompt - self.today.output)

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit` and `X-RateLimit-*`, these with the reset as a Unix time; none for a tier without a limit."""
        return _headers(limit=self.limit, used=self.used, resets_at=self.resets_at, resets_in=self.resets_in)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A consumed unit.

    Attributes:
        pk: the id of its ledger entry.
        headers: as those of `Allowance`, after it.
    """

    pk: int
    headers: dict[str, str]


def _remaining(*, limit: int | None, used: int) -> int | None:
    """Never negative, although a limit may be lowered during the day; None without a limit."""
    return None if limit is None else max(0, limit - used)


def _headers(*, limit: int | None, used: int, resets_at: datetime, resets_in: float) -> dict[str, str]:
    if limit is None:
        return {}
    day = rate_limits.Window(policy="units", quota=limit, seconds=DAY, used=used, resets_in=ceil(resets_in))
    return {
        **rate_limits.headers([day]),
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(_remaining(limit=limit, used=used)),
        "X-RateLimit-Reset": str(int(resets_at.timestamp())),
    }


def consume(*, user_id: int, tier: Tier, kind: LedgerEntry.Kind, api_key: ApiKey | None = None) -> Unit:
    """Consume one unit of today, in the transaction of what it is for; with a key, one of the key's own too.

    Raises:
        ServiceBudgetReached, TokenShareReached: as `budget.check` raises them.
        QuotaExceeded: today's units are used up.
        KeyUnitsUsedUp, ApiKeyEnded: as `key_units.consume` raises them.
    """
    limits = budget.limits(user_id=user_id, tier=tier)
    with prepared_cursor() as cursor:
        key_id = api_key.pk if api_key else None
        cursor.execute(CONSUME, {**limits, "limit": tier.daily_messages, "kind": kind.value, "api_key_id": key_id})
        row = cursor.fetchone()
    if row is None:
        budget.check(user_id=user_id, tier=tier)
        metrics.quota_refusals.labels(QuotaExceeded.code).inc()
        raise _exceeded(user_id)
    unit_id, used, day, resets_at, resets_in, is_to_be_told = row
    if is_to_be_told:
        outbox.tell(user_id=user_id, type=EventType.QUOTA_EXHAUSTED, data={"day": day.isoformat(), "limit": used})
    if api_key:
        key_units.consume(key_id=api_key.pk, day=day, resets_at=resets_at, resets_in=resets_in)
    return Unit(
        pk=unit_id, headers=_headers(limit=tier.daily_messages, used=used, resets_at=resets_at, resets_in=resets_in)
    )


def refund(*, unit_id: int | None) -> bool:
    """Refund a unit to the day it was consumed; False if there is none, or it was refunded before."""
    if unit_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(REFUND, {"unit_id": unit_id})
        return bool(cursor.rowcount)


def refund_stopped(*, unit_id: int | None) -> bool:
    """Refund the unit of a reply that was stopped before it had text, after a worker had claimed it.

    At most `STOPPED_UNITS_PER_DAY` times a day: the model may have been called, so a user who stops every reply would
    have unlimited calls. Call it with the user's row locked, so that two refunds at once are counted one by one.
    """
    if unit_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(REFUND_STOPPED, {"unit_id": unit_id, "most": settings.STOPPED_UNITS_PER_DAY})
        return bool(cursor.rowcount)


def refund_newest(*, user_id: int, at_most: int | None) -> int:
    """Refund units of today, newest first, all of them if `at_most` is None; the number of refunded units.

    A unit that is refunded here is not refunded again when its reply fails.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFUND_NEWEST, {"user_id": user_id, "at_most": at_most})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def is_refunded(*, unit_id: int | None) -> bool:
    return LedgerEntry.objects.filter(returns_id=unit_id, returns__isnull=False).exists()


def allowance_of(*, user_id: int) -> Allowance:
    """What the user has used today and this month, and what is left."""
    with prepared_cursor() as cursor:
        cursor.execute(USAGE, {"user_id": user_id})
        used, prompt, output, month_prompt, month_output, cost, month_cost, resets_at, resets_in = cursor.fetchone()
    return Allowance(
        tier_status=current_tier_status(user_id=user_id),
        used=used,
        resets_at=resets_at,
        resets_in=resets_in,
        today=Tokens(prompt=prompt, output=output, cost_micros=cost),
        month=Tokens(prompt=month_prompt, output=month_output, cost_micros=month_cost),
    )


def _exceeded(user_id: int) -> QuotaExceeded:
    allowance = allowance_of(user_id=user_id)
    data: dict[str, Any] = {
        "limit": allowance.limit,
        "used": allowance.used,
        "resets_at": allowance.resets_at.isoformat().replace("+00:00", "Z"),
    }
    pro = Tier.objects.filter(slug=Tier.PRO).first()
    if pro and allowance.tier != pro:
        data["upgrade"] = {"tier": pro.slug, "daily_messages": pro.daily_messages, "subscribe": "/subscribe/pro"}
    return QuotaExceeded(
        f"{allowance.tier.name} has {allowance.limit} a day.",
        retry_after=allowance.resets_in,
        headers=allowance.headers,
        **data,
    )
