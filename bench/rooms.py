"""Whether a room of 10,000 messages is as quick as one of 10: `make bench`.

Two users with a room each send the same requests in turns; what counts is the ratio of the medians, at most 1.2. The
searches find the same number of messages in both rooms, except for those where every second message matches.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import servers
from tests.api_user import ApiUser
from tests.conftest import _urls
from tests.stack import Stack, running

ROUNDS, WARM_UP = 150, 15
SMALL, LARGE = 10, 10_000

Request = Callable[[ApiUser, int], None]


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with tempfile.TemporaryDirectory() as folder, running(database_url=database_url, folder=Path(folder)) as stack:
        stack.double.default(ttft=0, chunks=1, text="Fine.")
        others(stack)
        rooms = {size: filled(stack, size) for size in (SMALL, LARGE)}
        stack.sql("VACUUM ANALYZE chatrooms_message")
        print(f"{'':32}{'10 messages':>14}{'10,000':>10}{'ratio':>8}   (medians, ms)")
        for name, request in REQUESTS.items():
            times: dict[int, list[float]] = {SMALL: [], LARGE: []}
            for number in range(ROUNDS + WARM_UP):
                if number % 20 == 0:
                    stack.redis.empty()  # or the limit on searches would be reached
                for size in (SMALL, LARGE) if number % 2 else (LARGE, SMALL):
                    begun = time.perf_counter()
                    request(*rooms[size])
                    if number >= WARM_UP:
                        times[size].append(1000 * (time.perf_counter() - begun))
            small, large = (statistics.median(times[size]) for size in (SMALL, LARGE))
            print(f"{name:32}{small:14.1f}{large:10.1f}{large / small:8.2f}")
        send(stack, rooms)


def others(stack: Stack) -> None:
    """Messages of another user, so that the tables are not those of one user: 50 rooms of 1,000."""
    user = stack.sign_up()
    stack.sql(
        "INSERT INTO chatrooms_chatroom (user_id, name, system_instruction) "
        "SELECT %s, 'Other ' || n, '' FROM generate_series(1, 50) n",
        user.id,
    )
    for (room,) in stack.sql("SELECT id FROM chatrooms_chatroom WHERE user_id = %s", user.id):
        fill(stack, user, room, 1_000)


def filled(stack: Stack, size: int) -> tuple[ApiUser, int]:
    user = stack.sign_up()
    room = user.room()
    fill(stack, user, room, size)
    return user, room


def fill(stack: Stack, user: ApiUser, room: int, size: int) -> None:
    """Insert messages with finished replies; five messages have the rare word."""
    stack.sql(
        """
        WITH asked AS (
            INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left,
                is_parked, model, error, finish_reason, request_id)
            SELECT %s, %s, 'user', CASE WHEN n <= 5 THEN 'zebra 斑马 ' ELSE '' END || 'What is number ' || n || ' of '
                || md5(n::text) || '? ' || repeat('Tell me more about it. ', 8), false, '', 0, 3, false, '', '', '', ''
            FROM generate_series(1, %s) n
            RETURNING id, content
        )
        INSERT INTO chatrooms_message (room_id, user_id, role, content, is_current, status, attempt, tries_left,
            is_parked, model, error, finish_reason, request_id, answers_id, finished_at)
        SELECT %s, %s, 'assistant', '漫长 ' || md5(content) || repeat(' which is long and winding', 20),
            true, 'done', 1, 3, false, 'a-model', '', 'stop', '', id, now()
        FROM asked
        """,
        *(room, user.id, size // 2, room, user.id),
    )


def send(stack: Stack, rooms: dict[int, tuple[ApiUser, int]]) -> None:
    """Send, and wait for each reply without timing that, so that no send queues behind another."""
    sends: dict[int, list[float]] = {SMALL: [], LARGE: []}
    replies: dict[int, list[float]] = {SMALL: [], LARGE: []}
    for number in range(ROUNDS // 3 + WARM_UP):
        for size in (SMALL, LARGE) if number % 2 else (LARGE, SMALL):
            user, room = rooms[size] if size == LARGE else (rooms[size][0], fresh(stack, rooms[size][0]))
            begun = time.perf_counter()
            sent = user.send(room, "And now?")
            accepted = time.perf_counter()
            user.call("GET", f"/message/{sent['id']}?wait=20")
            answered = time.perf_counter()
            if number >= WARM_UP:
                sends[size].append(1000 * (accepted - begun))
                replies[size].append(1000 * (answered - begun))
    for name, times in (("send", sends), ("send, until the reply is finished", replies)):
        small, large = (statistics.median(times[size]) for size in (SMALL, LARGE))
        print(f"{name:32}{small:14.1f}{large:10.1f}{large / small:8.2f}")


def fresh(stack: Stack, user: ApiUser) -> int:
    """Another room of 10 messages, since each send makes a room longer."""
    room = user.room()
    fill(stack, user, room, SMALL)
    return room


def _get(path: str) -> Request:
    def request(user: ApiUser, room: int) -> None:
        response = user.call("GET", path.format(room=room))
        assert response.status_code == 200, response.text

    return request


REQUESTS: dict[str, Request] = {
    "rooms": _get("/chatroom"),
    "one room": _get("/chatroom/{room}"),
    "its newest five messages": _get("/chatroom/{room}/messages?limit=5"),
    "search, a rare word": _get("/search?q=zebra"),
    "search, a rare substring": _get("/search?q=斑马"),
    "search, a word of each message": _get("/search?q=winding&limit=5"),
    "search, a substring of each": _get("/search?q=漫长&limit=5"),
}


if __name__ == "__main__":
    main()
