"""Units: how many messages a user may still send today. The day is UTC, by the database's clock.

`DailyUsage.used` is the counter, `LedgerEntry` its history; the two change in one statement, so they always agree.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from billing import budget
from billing.entitlements import Standing, standing_of
from billing.exceptions import QuotaExceeded
from billing.models import LedgerEntry, Tier
from config.observability import metrics

TAKE = """
    WITH taken AS (
        INSERT INTO billing_dailyusage AS usage (user_id, day, used, prompt_tokens, output_tokens)
        SELECT %(user_id)s, (statement_timestamp() AT TIME ZONE 'UTC')::date, 1, 0, 0
        WHERE %(limit)s::bigint IS NULL OR %(limit)s::bigint > 0
        ON CONFLICT (user_id, day) DO UPDATE SET used = usage.used + 1
        WHERE %(limit)s::bigint IS NULL OR usage.used < %(limit)s::bigint
        RETURNING user_id, day
    )
    INSERT INTO billing_ledgerentry (user_id, day, amount, kind)
    SELECT user_id, day, 1, %(kind)s FROM taken
    RETURNING id
"""
GIVE_BACK = """
    WITH given AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, returns_id)
        SELECT user_id, day, -1, 'return', id FROM billing_ledgerentry WHERE id = %(unit_id)s AND amount = 1
        ON CONFLICT (returns_id) DO NOTHING
        RETURNING user_id, day
    )
    UPDATE billing_dailyusage AS usage SET used = usage.used - 1 FROM given
    WHERE usage.user_id = given.user_id AND usage.day = given.day
"""
GIVE_BACK_STOPPED = """
    WITH given AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, returns_id)
        SELECT unit.user_id, unit.day, -1, 'return', unit.id
        FROM billing_ledgerentry AS unit JOIN billing_dailyusage AS usage USING (user_id, day)
        WHERE unit.id = %(unit_id)s AND unit.amount = 1 AND usage.stops < %(most)s
        ON CONFLICT (returns_id) DO NOTHING
        RETURNING user_id, day
    )
    UPDATE billing_dailyusage AS usage SET used = usage.used - 1, stops = usage.stops + 1 FROM given
    WHERE usage.user_id = given.user_id AND usage.day = given.day
"""
GIVE_BACK_NEWEST = """
    WITH units AS (
        SELECT id, user_id, day FROM billing_ledgerentry AS unit
        WHERE user_id = %(user_id)s AND day = (statement_timestamp() AT TIME ZONE 'UTC')::date AND amount = 1
          AND NOT EXISTS (SELECT FROM billing_ledgerentry AS returned WHERE returned.returns_id = unit.id)
        ORDER BY id DESC LIMIT %(at_most)s
    ), given AS (
        INSERT INTO billing_ledgerentry (user_id, day, amount, kind, returns_id)
        SELECT user_id, day, -1, 'return', id FROM units
        ON CONFLICT (returns_id) DO NOTHING
        RETURNING user_id, day
    ), counted AS (SELECT user_id, day, count(*) AS units FROM given GROUP BY user_id, day)
    UPDATE billing_dailyusage AS usage SET used = usage.used - counted.units FROM counted
    WHERE usage.user_id = counted.user_id AND usage.day = counted.day
    RETURNING counted.units
"""
TODAY = """
    WITH today AS (SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date AS day)
    SELECT coalesce(max(used) FILTER (WHERE usage.day = today.day), 0),
           coalesce(max(prompt_tokens) FILTER (WHERE usage.day = today.day), 0),
           coalesce(max(output_tokens) FILTER (WHERE usage.day = today.day), 0),
           coalesce(sum(prompt_tokens), 0)::bigint,
           coalesce(sum(output_tokens), 0)::bigint,
           (today.day + 1)::timestamp AT TIME ZONE 'UTC',
           extract(epoch FROM (today.day + 1)::timestamp AT TIME ZONE 'UTC' - statement_timestamp())::float
    FROM today LEFT JOIN billing_dailyusage AS usage
      ON usage.user_id = %(user_id)s AND usage.day BETWEEN date_trunc('month', today.day)::date AND today.day
    GROUP BY today.day
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens of prompts and of answers, as the vendor counts them (or an estimate where it did not)."""

    prompt: int
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a user may still spend. `limit` is None where the tier has none; `resets_in` is in seconds."""

    standing: Standing
    used: int
    resets_at: datetime
    resets_in: float
    today: Tokens
    month: Tokens

    @property
    def tier(self) -> Tier:
        """The tier that says how much."""
        return self.standing.tier

    @property
    def limit(self) -> int | None:
        """Units a day."""
        return self.tier.daily_messages

    @property
    def remaining(self) -> int | None:
        """Units left today; a tier that was lowered meanwhile leaves none, not less."""
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def token_limit(self) -> int:
        """Tokens that the user may use today."""
        return budget.share_of(self.tier)

    @property
    def tokens_remaining(self) -> int:
        """Tokens left of them; calls that were under way when the last was used may have used more."""
        return max(0, self.token_limit - self.today.prompt - self.today.output)

    @property
    def headers(self) -> dict[str, str]:
        """`X-RateLimit-*`; the reset is in seconds since 1970. A tier without a limit has none to tell."""
        if self.limit is None:
            return {}
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(int(self.resets_at.timestamp())),
        }


def take(*, user_id: int, tier: Tier, kind: LedgerEntry.Kind) -> int:
    """Take one unit of today, in the transaction of what it is for, and return its id in the ledger.

    Raises:
        QuotaExceeded: the tier's units of today are spent.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"user_id": user_id, "limit": tier.daily_messages, "kind": kind.value})
        row = cursor.fetchone()
    if row is None:
        metrics.quota_refusals.labels(QuotaExceeded.code).inc()
        raise _exceeded(user_id)
    return int(row[0])


def give_back(*, unit_id: int | None) -> bool:
    """Give a unit back to the day it came from; False if there is none, or it was given back before."""
    if unit_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, {"unit_id": unit_id})
        return bool(cursor.rowcount)


def give_back_stopped(*, unit_id: int | None) -> bool:
    """Give back the unit of an answer that a worker had and that was stopped without text, so often a day.

    The model may have been asked and is paid for, so whoever stops every answer would have calls without end. Call it
    with the user's row locked, so that two at once count one after the other.
    """
    if unit_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK_STOPPED, {"unit_id": unit_id, "most": settings.STOPPED_UNITS_PER_DAY})
        return bool(cursor.rowcount)


def give_back_newest(*, user_id: int, at_most: int | None) -> int:
    """Give back units that were spent today, the newest first, all of them if `at_most` is None; how many.

    One that is given back here is not given back again when its reply fails.
    """
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK_NEWEST, {"user_id": user_id, "at_most": at_most})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def is_given_back(*, unit_id: int | None) -> bool:
    """Whether a unit was given back."""
    return LedgerEntry.objects.filter(returns_id=unit_id, returns__isnull=False).exists()


def allowance_of(*, user_id: int) -> Allowance:
    """What the user has spent today and this month, and what is left."""
    with connection.cursor() as cursor:
        cursor.execute(TODAY, {"user_id": user_id})
        used, prompt, output, month_prompt, month_output, resets_at, resets_in = cursor.fetchone()
    return Allowance(
        standing=standing_of(user_id=user_id),
        used=used,
        resets_at=resets_at,
        resets_in=resets_in,
        today=Tokens(prompt=prompt, output=output),
        month=Tokens(prompt=month_prompt, output=month_output),
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
