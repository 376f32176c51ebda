"""The daily statistics of chatrooms (see `accounts.statistics`)."""

from datetime import date

from django.db import connection

from accounts.statistics import bounds_of

QUERY = """
    SELECT count(*) FILTER (WHERE role = 'user'),
           count(*) FILTER (WHERE status = 'done'),
           count(*) FILTER (WHERE status = 'failed'),
           count(*) FILTER (WHERE status = 'stopped'),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY first_token_ms),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY first_token_ms),
           percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - created_at) * 1000)
    FROM chatrooms_message WHERE created_at >= %s AND created_at < %s
"""
NAMES = ("messages", "done", "failed", "stopped", "first_token_p50", "first_token_p95", "queue_p95")
"""The last three are in milliseconds."""

FAILURES = """
    SELECT error, count(*) FROM chatrooms_message
    WHERE status = 'failed' AND created_at >= %s AND created_at < %s GROUP BY error
"""


def daily_statistics(day: date) -> dict[str, float]:
    """Messages, replies by outcome, times to the first token and to a worker, failures by code."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY, bounds_of(day))
        found = dict(zip(NAMES, cursor.fetchone(), strict=True))
        cursor.execute(FAILURES, bounds_of(day))
        codes = {f"failed.{code}": count for code, count in cursor.fetchall()}
    return {name: float(value) for name, value in (found | codes).items() if value is not None}
