"""The metrics of the reply queue, which are read from the database: see `config.infrastructure.database_metrics`."""

from typing import Final

from django.db import connection

from chatrooms.models import UNFINISHED
from config.infrastructure.database_metrics import query_number, register

UNFINISHED_REPLIES: Final = """
    SELECT status, count(*) FROM chatrooms_message WHERE status IN ('queued', 'generating') GROUP BY status
"""
QUEUE_AGE: Final = """
    SELECT extract(epoch FROM statement_timestamp() - min(not_before)) FROM chatrooms_message
    WHERE status = 'queued' AND NOT is_parked AND not_before <= statement_timestamp()
"""


def unfinished() -> dict[str, float]:
    """How many replies are in each unfinished state; a partial index holds only those."""
    with connection.cursor() as cursor:
        cursor.execute(UNFINISHED_REPLIES)
        found = dict(cursor.fetchall())
    return {status.value: float(found.get(status.value, 0)) for status in UNFINISHED}


def queue_age() -> float:
    """Seconds that the oldest reply has waited for a worker; those that wait for another reply do not count."""
    return query_number(QUEUE_AGE)


def register_all() -> None:
    register(
        name="kuvaka_replies_unfinished",
        documentation="Unfinished replies, by their status.",
        read=unfinished,
        label="status",
    )
    register(
        name="kuvaka_queue_age_seconds",
        documentation="How long the oldest reply that a worker could take has waited for one.",
        read=queue_age,
    )
