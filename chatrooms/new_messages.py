"""The statements of a send: few and written by hand, since a send holds its user's lock from the first to the last."""

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings

from chatrooms.exceptions import RoomNotFound
from chatrooms.models import RETRIES, RoomKind
from chatrooms.rows import MESSAGE, REPLY
from config.infrastructure.database import prepared_cursor

ENTER: Final = """
    WITH room AS (
        UPDATE chatrooms_chatroom SET updated_at = statement_timestamp()
        WHERE id = %(room_id)s AND user_id = %(user_id)s AND kind = %(kind)s
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM room),
           (SELECT count(*) FROM chatrooms_message
            WHERE user_id = %(user_id)s AND role = 'assistant' AND status IN ('queued', 'generating'))
"""
COLUMN_OF: Final = {"next_attempt_at": "not_before"}
"""The columns of fields that were renamed."""

INSERT: Final = f"""
    WITH sent AS (
        INSERT INTO chatrooms_message
            (room_id, user_id, role, content, is_current, status, attempt, tries_left, is_parked, model, error,
             finish_reason, request_id)
        VALUES (%(room_id)s, %(user_id)s, 'user', %(content)s, false, '', 0, {RETRIES}, false, '', '', '', '')
        RETURNING {", ".join(MESSAGE)}
    ), reply AS (
        INSERT INTO chatrooms_message
            (room_id, user_id, role, content, answers_id, is_current, status, attempt, tries_left, is_parked, model,
             error, finish_reason, unit_id, not_before, publish_at, request_id)
        SELECT room_id, user_id, 'assistant', '', id, true, 'queued', 0, {RETRIES}, false, '', '', '', %(unit_id)s,
               statement_timestamp(), statement_timestamp() + %(republish_after)s, %(request_id)s
        FROM sent
        RETURNING {", ".join(COLUMN_OF.get(name, name) for name in REPLY)}
    )
    SELECT sent.*, reply.* FROM sent, reply
"""  # noqa: S608  of constants
COLUMNS: Final = (*MESSAGE, *(f"current__{name}" for name in REPLY))


def enter_room(*, user_id: int, room_id: int, kind: RoomKind = RoomKind.CHAT) -> int:
    """Mark a room as active. Call it with the user's row locked, so that two sends count each other.

    Returns:
        How many of the user's replies are unfinished.

    Raises:
        RoomNotFound: the room is not one of the user's, or of another kind.
    """
    with prepared_cursor() as cursor:
        cursor.execute(ENTER, {"user_id": user_id, "room_id": room_id, "kind": kind.value})
        is_theirs, unfinished = cursor.fetchone()
    if not is_theirs:
        raise RoomNotFound
    return int(unfinished)


def insert(*, user_id: int, room_id: int, content: str, unit_id: int, request_id: str) -> Mapping[str, Any]:
    """Insert a message of the user and the queued reply to it; the row is one of `rows.message`."""
    values: dict[str, Any] = {
        "user_id": user_id,
        "room_id": room_id,
        "content": content,
        "unit_id": unit_id,
        "request_id": request_id,
        "republish_after": settings.REPLY_REPUBLISH_AFTER,
    }
    with prepared_cursor() as cursor:
        cursor.execute(INSERT, values)
        return dict(zip(COLUMNS, cursor.fetchone(), strict=True))
