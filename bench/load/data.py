"""The rows that the load is measured on: written by SQL, as the API would leave them."""

from dataclasses import dataclass

import psycopg

PER_ROOM = 20
"""Messages of an ordinary room, half of them replies."""

FILL = """
    INSERT INTO accounts_user (mobile_number, password, display_name, language, is_active, is_staff, is_superuser,
            rooms_version, erase_tries)
        SELECT '+9197' || lpad(n::text, 8, '0'), '!', 'User ' || n, '', true, false, false, 0, 0
        FROM generate_series(1, %(users)s) n;
    INSERT INTO accounts_session (id, user_id, method, user_agent, current_jti)
        SELECT gen_random_uuid(), id, 'code', 'bench', gen_random_uuid() FROM accounts_user;
    INSERT INTO chatrooms_chatroom (user_id, name, system_instruction)
        SELECT id, 'Room of ' || id, '' FROM accounts_user
        WHERE id <= (SELECT min(id) FROM accounts_user) + %(rooms)s - 1;
    WITH asked AS (
        INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left,
            is_parked, model, error, finish_reason, request_id)
        SELECT room.id, room.user_id, 'user', 'Question ' || n || ': ' || md5(room.id::text || n)
            || repeat(' tell me more about it', 4), false, '', 0, 3, false, '', '', '', ''
        FROM generate_series(1, %(exchanges)s) n, chatrooms_chatroom room
        RETURNING id, room_id, user_id, content
    )
    INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left,
        is_parked, model, error, finish_reason, request_id, answers_id, finished_at)
    SELECT room_id, user_id, 'assistant', md5(content) || repeat(' which is long and winding', 12), true, 'done', 1, 3,
        false, 'm-1', '', 'stop', '', id, now()
    FROM asked;
    UPDATE billing_tier SET daily_messages = NULL, sends_per_minute = 1000000000, waiting_replies = 30000;
"""


@dataclass(frozen=True)
class Size:
    """How much there is: `users` accounts, `messages` rows in all."""

    users: int
    messages: int

    @property
    def rooms(self) -> int:
        return self.messages // PER_ROOM


def fill(database_url: str, size: Size) -> None:
    parameters = {"users": size.users, "rooms": size.rooms, "exchanges": PER_ROOM // 2}
    with psycopg.connect(database_url, autocommit=True) as database:
        with database.transaction():
            for statement in FILL.split(";\n"):
                # A statement without parameters would take its per cent signs for some.
                used = {name: value for name, value in parameters.items() if f"%({name})s" in statement}
                if statement.strip():
                    database.execute(statement, used or None)
        database.execute("VACUUM ANALYZE")
