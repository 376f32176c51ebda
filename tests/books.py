"""What a user was charged, by the database."""

from tests.api_user import ApiUser

BOOKS = """
    SELECT (SELECT coalesce(sum(used), 0) FROM billing_dailyusage WHERE user_id = %s),
           (SELECT coalesce(sum(amount), 0) FROM billing_ledgerentry WHERE user_id = %s),
           (SELECT count(*) FROM chatrooms_message WHERE user_id = %s AND role = 'user')
"""


def books(user: ApiUser) -> tuple[int, int, int]:
    """The counter, the sum of the ledger, and the number of messages."""
    [row] = user.stack.sql(BOOKS, user.id, user.id, user.id)
    return int(row[0]), int(row[1]), int(row[2])
