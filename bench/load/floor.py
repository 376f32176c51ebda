"""The floor: a bare WSGI function that checks the token and does what was recorded, and nothing else.

The same statements through pooled psycopg, the same packets to Redis over a held connection, the same bytes back: no
framework and no objects. It is what the work itself costs in this server and this language.
"""

import os
import pickle
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jwt
from psycopg_pool import ConnectionPool
from redis import Connection

from bench.load.recording import WORKS, Recording, Statement, Work

_, RECORDINGS = pickle.loads(Path(os.environ["FLOOR_RECORDING"]).read_bytes())
KEY = os.environ["JWT_SIGNING_KEY"]
_pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=16, max_size=32, kwargs={"autocommit": True})
_redis = threading.local()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    jwt.decode(environ["HTTP_AUTHORIZATION"].removeprefix("Bearer "), KEY, ["HS256"], options={"verify_aud": False})
    recording = RECORDINGS[_work_of(environ["REQUEST_METHOD"], environ["PATH_INFO"]).name]
    _ask_database(recording)
    _ask_redis(recording)
    start_response(f"{recording.status} OK", [("Content-Type", "application/json")])
    return [recording.body]


def _work_of(method: str, path: str) -> Work:
    parts = path.split("/")
    for work in WORKS:
        wanted = work.path.split("/")
        if work.method != method or len(wanted) != len(parts):
            continue
        if all(one == other or one.startswith("{") for one, other in zip(wanted, parts, strict=True)):
            return work
    raise LookupError(path)


def _ask_database(recording: Recording) -> None:
    given: dict[int, int] = {}
    groups: list[list[Statement]] = []
    for statement in recording.statements:
        if groups and statement.in_transaction and groups[-1][-1].in_transaction:
            groups[-1].append(statement)
        else:
            groups.append([statement])
    with _pool.connection() as connection:
        for group in groups:
            if group[0].in_transaction:
                with connection.transaction():
                    _run(connection, group, given)
            else:
                _run(connection, group, given)


def _run(connection: Any, statements: list[Statement], given: dict[int, int]) -> None:
    for statement in statements:
        parameters = statement.parameters
        if given and parameters:
            parameters = _with_ids(parameters, given)
        cursor = connection.execute(statement.sql, parameters)
        rows = cursor.fetchall() if cursor.description else []
        if statement.returned is not None and rows:
            given[statement.returned] = rows[0][0]


def _with_ids(parameters: Any, given: dict[int, int]) -> Any:
    """The parameters with the ids that this request was given instead of the recorded ones."""
    if isinstance(parameters, dict):
        return {name: given.get(each, each) if type(each) is int else each for name, each in parameters.items()}
    return [given.get(each, each) if type(each) is int else each for each in parameters]


def _ask_redis(recording: Recording) -> None:
    if not recording.commands:
        return
    connection = getattr(_redis, "connection", None)
    if connection is None:
        url = urlsplit(os.environ["REDIS_URL"])
        connection = _redis.connection = Connection(host=url.hostname, port=url.port)
        connection.connect()
    for packet in recording.commands:
        connection.send_packed_command([packet])
        for _ in range(_commands_in(packet)):
            connection.read_response()


def _commands_in(packet: bytes) -> int:
    """How many commands are in a packet of Redis's protocol, each an array of bulk strings."""
    count = at = 0
    while at < len(packet):
        end = packet.index(b"\r\n", at)
        strings, at = int(packet[at + 1 : end]), end + 2
        for _ in range(strings):
            end = packet.index(b"\r\n", at)
            at = end + 2 + int(packet[at + 1 : end]) + 2
        count += 1
    return count
