"""What an upgrade costs a large installation: `make bench`.

A dump of the oldest version that databases are upgraded from gets a million messages. While `release` of this version
migrates it, a reader and a writer of the old version go on; how long did each have to wait? Migrations of a table's
rows lock it, and a small database does not show that. MESSAGES in the environment makes the run shorter.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from typing import Final

import psycopg

from tests.conftest import _urls
from tests.databases import OLD_DATABASES, database, load, manage

OLDEST: Final = OLD_DATABASES / "c109c17.sql.gz"
MESSAGES: Final = int(os.environ.get("MESSAGES", "1000000"))

COLUMNS: Final = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_name = 'chatrooms_message' AND is_generated = 'NEVER' AND column_name <> ALL(%s)
"""
SENT: Final = """
    INSERT INTO chatrooms_message ({columns}, content)
    SELECT {columns}, 'Question ' || n || ': ' || md5(n::text) || repeat(' tell me more about it', 4)
    FROM (SELECT * FROM chatrooms_message WHERE role = 'user' LIMIT 1) AS sent, generate_series(1, %(count)s) AS n
"""
ANSWERED: Final = """
    INSERT INTO chatrooms_message ({columns}, content, answers_id)
    SELECT {columns}, md5(sent.id::text) || repeat(' which is long and winding', 12), sent.id
    FROM (SELECT * FROM chatrooms_message WHERE role = 'assistant' AND status = 'done' LIMIT 1) AS reply,
        (SELECT id FROM chatrooms_message WHERE role = 'user' AND content LIKE 'Question %%') AS sent
"""
READ: Final = "SELECT id, content FROM chatrooms_message WHERE room_id = %(room)s ORDER BY id DESC LIMIT 20"


@dataclass
class Client:
    """Repeats one statement, as the old version's processes do, and keeps how long each took, in seconds."""

    url: str
    statement: str
    parameters: dict[str, int]
    ended: threading.Event
    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.ended.is_set():
                began = time.monotonic()
                try:
                    connection.execute(self.statement, self.parameters)
                except psycopg.Error as error:
                    self.errors.append(str(error))
                self.seconds.append(time.monotonic() - began)
                time.sleep(0.02)


def fill(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement, others in ((SENT, ["id", "content"]), (ANSWERED, ["id", "content", "answers_id"])):
            [(columns,)] = connection.execute(COLUMNS, (others,)).fetchall()
            connection.execute(statement.format(columns=columns), {"count": MESSAGES // 2})
        connection.execute("VACUUM ANALYZE")


def main() -> None:
    with database(_urls.database_url, "upgrade") as url:
        load(url, OLDEST)
        fill(url)
        with psycopg.connect(url) as connection:
            [(room,)] = connection.execute("SELECT min(room_id) FROM chatrooms_message").fetchall()
            [(columns,)] = connection.execute(COLUMNS, (["id"],)).fetchall()
            [(count, size)] = connection.execute(
                "SELECT count(*), pg_size_pretty(pg_total_relation_size('chatrooms_message')) FROM chatrooms_message"
            ).fetchall()
        sent = "SELECT * FROM chatrooms_message WHERE role = 'user' LIMIT 1"
        copy = f"INSERT INTO chatrooms_message ({columns}) SELECT {columns} FROM ({sent}) AS sent"
        ended = threading.Event()
        clients = {
            "reads a room": Client(url=url, statement=READ, parameters={"room": room}, ended=ended),
            "inserts a message": Client(url=url, statement=copy, parameters={}, ended=ended),
        }
        threads = [threading.Thread(target=client.run) for client in clients.values()]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        manage(url, "release")
        seconds = time.monotonic() - began
        ended.set()
        for thread in threads:
            thread.join()
        report(url, seconds, f"{count:,} messages, {size}, {os.cpu_count()} cores", clients)


def report(url: str, seconds: float, size: str, clients: dict[str, Client]) -> None:
    print(f"`release` from {OLDEST.name.partition('.')[0]}: {seconds:.1f} s; {size}\n")
    with psycopg.connect(url) as connection:
        steps = connection.execute(
            "SELECT app || '.' || name, extract(epoch FROM applied - lag(applied) OVER (ORDER BY id)) "
            "FROM django_migrations WHERE applied > now() - %s * interval '1 s' ORDER BY 2 DESC NULLS LAST LIMIT 5",
            (seconds,),
        ).fetchall()
    for name, client in clients.items():
        print(
            f"who {name}: {len(client.seconds)} times, longest waits "
            f"{', '.join(f'{each:.1f}' for each in sorted(client.seconds)[-4:])} s, "
            f"{len(client.errors)} errors {sorted(set(client.errors))}"
        )
    for name, took in steps:
        print(f"{took:8.1f} s {name}")


if __name__ == "__main__":
    main()
