"""Attaches files to a message that is being sent."""

import json
from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from chatrooms.attachments.exceptions import FileUnavailable, TooManyFiles

SHOWN: Final = ("id", "name", "kind", "mime_type", "size", "width", "height", "pages", "seconds")
"""What a message shows of its files. None of it changes once a file is ready, so the message keeps a copy."""

ATTACH: Final = f"""
    WITH attached AS (
        UPDATE chatrooms_file SET message_id = %(message_id)s, attached_at = statement_timestamp()
        WHERE id = ANY(%(ids)s::bigint[]) AND user_id = %(user_id)s AND state = 'ready' AND attached_at IS NULL
        RETURNING {", ".join(SHOWN)}
    ), shown AS (
        SELECT jsonb_agg(
            jsonb_build_object({", ".join(f"'{name}', {name}" for name in SHOWN)})
            ORDER BY array_position(%(ids)s::bigint[], id)
        ) AS files
        FROM attached
    )
    UPDATE chatrooms_message AS message SET files = shown.files FROM shown
    WHERE message.id = %(message_id)s AND jsonb_array_length(shown.files) = cardinality(%(ids)s::bigint[])
    RETURNING message.files::text
"""  # noqa: S608  of constants


def check_number(*, files: Sequence[object], most: int) -> None:
    """Refuse more files than the tier allows for one message.

    Raises:
        TooManyFiles: there are more than `most`.
    """
    if len(files) > most:
        raise TooManyFiles(f"At most {most} in one message.", limit=most)


def attach(*, user_id: int, message_id: int, file_ids: Sequence[int]) -> Any:
    """Attach all of the files, in this order, or none; call it in the transaction of the message.

    Each file is attached once: of two sends at once, the second waits for the first, and then finds it attached.

    Returns:
        What the message shows of them.

    Raises:
        FileUnavailable: one is not the user's, is not there, or belongs to a message.
    """
    values: dict[str, Any] = {"user_id": user_id, "message_id": message_id, "ids": list(file_ids)}
    with connection.cursor() as cursor:
        cursor.execute(ATTACH, values)
        row = cursor.fetchone()
    if row is None:
        raise FileUnavailable
    return json.loads(row[0])
