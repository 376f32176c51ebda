"""Waiting for another connection of the same database."""

import time

from django.db import connection


def wait_for_a_waiter(waiters: int = 1) -> None:
    """Wait until this many other connections wait for a row that this transaction has locked."""
    for _ in range(3000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction would see the first snapshot again
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
                "WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0] >= waiters:
                return
        time.sleep(0.02)
    raise AssertionError("no other connection waits")
