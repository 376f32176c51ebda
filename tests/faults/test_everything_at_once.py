"""Workers are killed, Redis is emptied and PostgreSQL restarts: each message has one end and one charge."""

import random
import secrets
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.dev import embedded
from config.dev.database_servers import postgresql
from tests import servers
from tests.api_user import ApiUser
from tests.stack import Stack, running
from tests.waiting import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.faults, pytest.mark.timeout(1800)]

MESSAGES, USERS = 200, 10
FAULTS = ["worker killed"] * 30 + ["Redis emptied"] * 2 + ["PostgreSQL restarted"] * 3


class Restartable:
    """A PostgreSQL for this test only, as durable as in production."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._password = secrets.token_hex(16)
        self._running = ExitStack()
        self.url = ""

    def start(self) -> None:
        server = self._running.enter_context(postgresql(data_dir=self._folder, password=self._password))
        assert self.url in ("", server.url), "expected the same port as before"
        self.url = server.url

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def database() -> Iterator[Restartable]:
    # Not pytest's folder: only root may enter it, and PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory(prefix="kuvaka-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        database = Restartable(Path(folder) / "data")
        embedded.make_folder(Path(folder) / "data")
        database.start()
        servers.prepare(database.url)
        yield database
        database.stop()


@pytest.fixture
def own_stack(database: Restartable, tmp_path: Path) -> Iterator[Stack]:
    with running(database_url=database.url, folder=tmp_path) as stack:
        stack.retries_when_busy = True  # users repeat what PostgreSQL's restart refused, by their idempotency key
        yield stack


def test_each_message_has_one_end_and_one_charge(own_stack: Stack, database: Restartable) -> None:
    stack = own_stack
    users = [stack.sign_up() for _ in range(USERS)]
    rooms = [(user, user.room()) for user in users for _ in range(2)]
    stack.set_tier("basic", daily_messages=MESSAGES // USERS, parallel_replies=8, waiting_replies=100)
    stack.double.default(ttft=0.3, delay=0.2, chunks=5)
    sent: list[tuple[ApiUser, int]] = []

    def send_all() -> None:
        for number in range(MESSAGES):
            user, room = rooms[number % len(rooms)]
            sent.append((user, user.send(room, f"question {number}!")["id"]))
            time.sleep(0.8)

    sender = threading.Thread(target=send_all)
    sender.start()
    met = 0
    for fault in random.sample(FAULTS, len(FAULTS)):
        time.sleep(random.uniform(0.5, 1.5))
        met += stack.double.ledger()["in_flight"]
        if fault == "worker killed":
            stack.kill("worker")
            stack.start("worker")
        elif fault == "Redis emptied":
            stack.redis.empty()
        else:
            database.stop()
            time.sleep(1)
            database.start()
            stack.forget_connection()
    over = time.monotonic()
    sender.join()
    wait_until(lambda: stack.unfinished() == 0, "all in an end state")
    print(f"{met} calls met a fault; all ended {time.monotonic() - over:.1f} s after the last")

    assert len({message_id for _, message_id in sent}) == MESSAGES
    assert met > 0, "no fault met a call under way"
    ends: dict[int, Counter[str]] = {user.id: Counter() for user in users}
    for number, (user, message_id) in enumerate(sent):
        message = user.message(message_id)
        ends[user.id][message["reply"]["status"]] += 1
        if message["reply"]["status"] == "done":
            assert f"question {number}!" in message["gemini_response"]
        else:
            assert message["reply"]["error"] == "worker_lost", "it met three kills"
    for user in users:
        assert user.call("GET", "/usage").json()["used"] == ends[user.id]["done"]
    [(replies, distinct)] = stack.sql(
        "SELECT count(*), count(DISTINCT answers_id) FROM chatrooms_message WHERE role = 'assistant'"
    )
    assert (replies, distinct) == (MESSAGES, MESSAGES)
    assert stack.processes.keys() == {name for name, process in stack.processes.items() if process.poll() is None}
