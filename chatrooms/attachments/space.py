"""How many bytes a user's files take: counted in PostgreSQL before a byte is stored, so that the limit is exact."""

from typing import Final

from django.db import connection

from chatrooms.attachments.exceptions import FileSpaceUsedUp

RESERVE: Final = """
    INSERT INTO chatrooms_filespace AS space (user_id, used)
    SELECT %(user_id)s, %(size)s WHERE %(size)s <= %(limit)s
    ON CONFLICT (user_id) DO UPDATE SET used = space.used + %(size)s WHERE space.used + %(size)s <= %(limit)s
"""
CORRECT: Final = """
    UPDATE chatrooms_filespace SET used = used + %(by)s
    WHERE user_id = %(user_id)s AND (%(by)s <= 0 OR used + %(by)s <= %(limit)s)
"""
REMOVE: Final = """
    WITH gone AS (DELETE FROM chatrooms_file WHERE id = %(file_id)s RETURNING user_id, size)
    UPDATE chatrooms_filespace AS space SET used = space.used - gone.size FROM gone WHERE space.user_id = gone.user_id
"""


def reserve(*, user_id: int, size: int, limit: int) -> None:
    """Count `size` bytes as used; of many at once, only those that fit are. Call it in the file's transaction.

    Raises:
        FileSpaceUsedUp: together they would be more than `limit`.
    """
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, {"user_id": user_id, "size": size, "limit": limit})
        if not cursor.rowcount:
            raise FileSpaceUsedUp(f"At most {limit} bytes together.", limit=limit)


def correct(*, user_id: int, by: int, limit: int) -> None:
    """Count a file that turned out `by` bytes larger (or smaller). Call it in the transaction that changes its size.

    Raises:
        FileSpaceUsedUp: it grows, and together they would be more than `limit`.
    """
    with connection.cursor() as cursor:
        cursor.execute(CORRECT, {"user_id": user_id, "by": by, "limit": limit})
        if not cursor.rowcount:
            raise FileSpaceUsedUp(f"At most {limit} bytes together.", limit=limit)


def remove(*, file_id: int) -> None:
    """Delete a file's row, and give its bytes back: one statement, so that no file counts after its row, or twice."""
    with connection.cursor() as cursor:
        cursor.execute(REMOVE, {"file_id": file_id})
