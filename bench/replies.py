"""How long one worker process needs for 200 replies at once, and what each costs it: `make bench`.

40 users send one message to each of 5 rooms at the same moment; the Gemini double takes a second for each reply, in 3
pieces, or a second and then 20 pieces 20 ms apart. The floor is what the calls alone would take, 64 at a time. What
counts is the time from the response to the last send to the end of the last reply, by the database's clock, and the CPU
time of the worker.
"""

import statistics
import tempfile
from pathlib import Path

import psutil

from tests import servers
from tests.conftest import _urls
from tests.stack import Stack, running
from tests.waiting import in_parallel, wait_until

USERS, ROOMS, THREADS, SECONDS = 40, 5, 64, 1.0
ROUNDS = 5
SHAPES = {
    "3 pieces": {"ttft": SECONDS / 2, "delay": SECONDS / 4, "chunks": 3},
    "20 pieces": {"ttft": SECONDS, "delay": 0.02, "chunks": 20},
}


def main() -> None:
    database_url = servers.clone_database(_urls, servers.ensure_template(_urls), "bench")
    with tempfile.TemporaryDirectory() as folder, running(database_url=database_url, folder=Path(folder)) as stack:
        stack.set_tier("basic", parallel_replies=ROOMS, waiting_replies=10 * ROOMS)
        floor = USERS * ROOMS * SECONDS / THREADS
        for name, behaviour in SHAPES.items():
            times, cpu = zip(*(time_replies(stack, behaviour) for _ in range(ROUNDS)), strict=True)
            print(f"{name}: floor {floor:.1f} s; {USERS * ROOMS} replies after the last send, s:", end="")
            print(*(f" {each:.1f}" for each in times))
            print(f"  median / floor = {statistics.median(times) / floor:.1f}; ", end="")
            print(f"CPU of the worker {1000 * statistics.median(cpu) / USERS / ROOMS:.1f} ms each")
        print(f"Memory of the worker (PSS): {worker(stack).memory_full_info().pss / 2**20:.0f} MiB")


def worker(stack: Stack) -> psutil.Process:
    return psutil.Process(stack.processes["worker"].pid)


def time_replies(stack: Stack, behaviour: dict[str, float]) -> tuple[float, float]:
    """Seconds after the last send, and of the worker's CPU time for all replies."""
    users = in_parallel([stack.sign_up for _ in range(USERS)])
    rooms = [(user, user.room()) for user in users for _ in range(ROOMS)]
    stack.double.reset()
    stack.double.default(**behaviour)
    before = sum(worker(stack).cpu_times()[:2])
    in_parallel([lambda u=user, r=room: u.send(r, f"question of room {r}") for user, room in rooms])
    [(started,)] = stack.sql("SELECT statement_timestamp()")
    wait_until(lambda: stack.unfinished() == 0, "all replies finished", 120)
    [(ended, wrong)] = stack.sql(
        "SELECT max(finished_at), count(*) FILTER (WHERE status <> 'done') "
        "FROM chatrooms_message WHERE role = 'assistant'"
    )
    assert wrong == 0
    return float((ended - started).total_seconds()), sum(worker(stack).cpu_times()[:2]) - before


if __name__ == "__main__":
    main()
