"""How long one worker process needs for 200 answers at once: `make bench`.

40 people send one message to each of 5 rooms at the same moment; the Gemini double takes a second for each answer. The
floor is what the calls alone would take, 64 at a time. What counts is the time from the last send's answer to the last
reply's end, by the database's clock.
"""

import tempfile
from pathlib import Path

from tests import servers
from tests.conftest import _urls
from tests.stack import Stack, running
from tests.waiting import in_parallel, wait_until

PEOPLE, ROOMS, THREADS, SECONDS = 40, 5, 64, 1.0
ROUNDS = 5


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with tempfile.TemporaryDirectory() as folder, running(database_url=database_url, folder=Path(folder)) as stack:
        stack.set_tier("basic", parallel_replies=ROOMS, waiting_replies=10 * ROOMS)
        floor = PEOPLE * ROOMS * SECONDS / THREADS
        times = [measure(stack) for _ in range(ROUNDS)]
        print(
            f"floor {floor:.1f} s; {PEOPLE * ROOMS} answers after the last send, s:", *(f"{each:.1f}" for each in times)
        )
        print(f"median / floor = {sorted(times)[ROUNDS // 2] / floor:.1f}")


def measure(stack: Stack) -> float:
    people = in_parallel([stack.sign_up for _ in range(PEOPLE)])
    rooms = [(person, person.room()) for person in people for _ in range(ROOMS)]
    stack.double.reset()
    stack.double.default(ttft=SECONDS / 2, delay=SECONDS / 4, chunks=3)
    in_parallel([lambda p=person, r=room: p.send(r, f"question of room {r}") for person, room in rooms])
    [(started,)] = stack.sql("SELECT statement_timestamp()")
    wait_until(lambda: stack.unfinished() == 0, "all answered", 120)
    [(ended, wrong)] = stack.sql(
        "SELECT max(finished_at), count(*) FILTER (WHERE status <> 'done') "
        "FROM chatrooms_message WHERE role = 'assistant'"
    )
    assert wrong == 0
    return float((ended - started).total_seconds())


if __name__ == "__main__":
    main()
