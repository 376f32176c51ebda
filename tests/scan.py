"""Everything that PostgreSQL and Redis hold, as text: to find what should be nowhere."""

import base64
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql
from redis import Redis

TABLES = """
    SELECT schemaname, relname FROM pg_stat_user_tables
    WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema' ORDER BY 1, 2
"""
BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
"""Celery's messages are kept like this."""


def found(
    texts: Iterable[str], *, database_url: str, redis_url: str, allowed: Collection[str] = ()
) -> set[tuple[str, str]]:
    """Where the texts stand: pairs of a place (`table public.accounts_user`, `redis`) and a text.

    `allowed` are places that may hold them: the tables that the law has us keep.
    """
    wanted = list(texts)
    assert wanted, "nothing to look for"
    held = [*rows(database_url), *keys(redis_url)]
    assert held, "nothing was read"
    return {(place, text) for place, content in held for text in wanted if place not in allowed and text in content}


def rows(database_url: str) -> Iterator[tuple[str, str]]:
    """Every row of every table, as PostgreSQL writes rows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            query = sql.SQL("SELECT row::text FROM {} AS row").format(sql.Identifier(schema, table))
            for (row,) in connection.execute(query):
                yield f"table {schema}.{table}", row


def keys(redis_url: str) -> Iterator[tuple[str, str]]:
    """Every key with its value, in clear where that is base64."""
    with Redis.from_url(redis_url) as client:
        for key in client.scan_iter():
            for part in (key, *_parts_of(client, key)):
                inner = b" ".join(_decoded(part))
                yield "redis", (part + b" " + inner).decode(errors="replace")


def _parts_of(client: Any, key: bytes) -> list[bytes]:
    match client.type(key):
        case b"none":  # it ended meanwhile
            return []
        case b"string":
            return [client.get(key) or b""]
        case b"list":
            return list(client.lrange(key, 0, -1))
        case b"set":
            return list(client.smembers(key))
        case b"hash":
            return [part for pair in client.hgetall(key).items() for part in pair]
        case b"zset":
            return list(client.zrange(key, 0, -1))
        case b"stream":
            return [part for _, fields in client.xrange(key) for pair in fields.items() for part in pair]
        case kind:
            raise AssertionError(f"a kind of value that nobody reads: {kind!r}")


def _decoded(part: bytes) -> Iterator[bytes]:
    for blob in BASE64.findall(part):
        with suppress(ValueError):
            yield base64.b64decode(blob, validate=True)
