"""Everything that PostgreSQL and Redis hold, as text, to search for what should be in neither."""

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
    """Where the texts are: pairs of a source (`table public.accounts_user`, `redis`) and a text.

    `allowed` are sources that may have them: the tables that have to be kept by law.
    """
    wanted = list(texts)
    assert wanted, "nothing to search for"
    held = [*rows(database_url), *keys(redis_url)]
    assert held, "nothing was read"
    return {(source, text) for source, content in held for text in wanted if source not in allowed and text in content}


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
            for part in (key, *parts_of(client, key)):
                inner = b" ".join(_decoded(part))
                yield "redis", (part + b" " + inner).decode(errors="replace")


def parts_of(client: Any, key: bytes) -> list[bytes]:
    """What a key of any type holds; nothing if it has ended since it was listed."""
    match client.type(key):
        case b"none":
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
            raise AssertionError(f"an unknown type of value: {kind!r}")


def _decoded(part: bytes) -> Iterator[bytes]:
    for blob in BASE64.findall(part):
        with suppress(ValueError):
            yield base64.b64decode(blob, validate=True)
