"""The units of API keys: how many of the user's a key may consume in a day. `billing.quota` counts both together.

The counter is in the key's row, and one conditional update changes it, so it is exact. Of two days only the newer one
is remembered.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from accounts.exceptions import ApiKeyEnded, KeyUnitsUsedUp
from accounts.models import ApiKey
from config.infrastructure.database import prepared_cursor
from config.observability import metrics

CONSUME: Final = """
    UPDATE accounts_apikey
    SET units_day = greatest(units_day, %(day)s),
        units_used = CASE WHEN units_day >= %(day)s THEN units_used + 1 ELSE 1 END
    WHERE id = %(key_id)s AND revoked_at IS NULL
      AND (daily_units IS NULL OR daily_units > CASE WHEN units_day >= %(day)s THEN units_used ELSE 0 END)
"""
REFUND: Final = """
    UPDATE accounts_apikey AS key SET units_used = greatest(0, key.units_used - back.units)
    FROM (
        SELECT api_key_id, day, count(*)::int AS units FROM refunded
        WHERE api_key_id IS NOT NULL GROUP BY api_key_id, day
    ) AS back
    WHERE key.id = back.api_key_id AND key.units_day = back.day
"""
"""A part of a statement in which `refunded` are entries of the ledger. It locks the key after the user's usage, as
consuming does."""


def consume(*, key_id: UUID, day: date, resets_at: datetime, resets_in: float) -> None:
    """Consume a unit of a key, in the transaction that consumed it of the user's.

    Args:
        key_id: of the key.
        day: on which the unit counts.
        resets_at: when that day ends; `resets_in` in seconds.

    Raises:
        KeyUnitsUsedUp: the key has none left on this day.
        ApiKeyEnded: it was revoked since the request was authenticated, so that nothing of the request is kept.
    """
    with prepared_cursor() as cursor:
        cursor.execute(CONSUME, {"key_id": key_id, "day": day})
        if cursor.rowcount:
            return
    key = ApiKey.objects.filter(pk=key_id, revoked_at=None).first()
    if key is None:
        raise ApiKeyEnded
    metrics.quota_refusals.labels(KeyUnitsUsedUp.code).inc()
    raise KeyUnitsUsedUp(
        f"It has {key.daily_units} a day.",
        retry_after=resets_in,
        limit=key.daily_units,
        used=key.units_used if key.units_day == day else 0,
        resets_at=resets_at.isoformat().replace("+00:00", "Z"),
    )
