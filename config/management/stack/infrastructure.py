"""What everything stands on: settings, PostgreSQL, Redis, the disk."""

import os
import shutil
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
import redis
from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.infrastructure.connection_pools import pools
from config.management.stack.findings import Finding, Look, Workers, ok, warning, wrong

PATIENCE: Final = 3
"""Seconds for PostgreSQL, and for Redis."""

LEAST_DISK: Final = 1024**3
"""Bytes."""


def _settings(_: Workers) -> Iterator[Finding]:
    """That they could be read at all, the settings themselves have made sure."""
    problems = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    for problem in problems:
        if not problem.is_silenced():
            yield _verdict(problem)
    if settings.DEBUG:
        yield warning("settings", "DEBUG is on: this is development", "Never where strangers come by.")
    elif not problems:
        yield ok("settings", "complete, and as the deployment checks want them")


def _verdict(problem: checks.CheckMessage) -> Finding:
    tell = wrong if problem.is_serious() else warning
    return tell("settings", f"{problem.id}: {problem.msg}", problem.hint or "`manage.py check --deploy` says more.")


def _database(_: Workers) -> Iterator[Finding]:
    """By a connection of its own: a pool would go on trying."""
    params: dict[str, Any] = {**connection.get_connection_params(), "connect_timeout": PATIENCE}
    try:
        with psycopg.connect(**params) as asked:
            row = asked.execute("SELECT current_setting('server_version'), pg_is_in_recovery()").fetchone()
    except psycopg.Error as error:
        advice = f"Is PostgreSQL running, and is DATABASE_URL (host {_host(settings.DATABASE_URL)}) right?"
        yield wrong("database", f"cannot be reached ({type(error).__name__})", advice)
        return
    version, only_reads = row or ("", False)
    if only_reads:
        yield wrong("database", "takes no writes: it is a standby", "Let DATABASE_URL name the primary.")
    else:
        yield ok("database", f"PostgreSQL {version} answers")


def _migrations(_: Workers) -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        named = ", ".join(f"{each.app_label}.{each.name}" for each in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        yield wrong("migrations", f"not applied: {named}{more}", "Run `manage.py migrate`.")
    else:
        yield ok("migrations", "all applied")


def _connections(workers: Workers) -> Iterator[Finding]:
    """Each worker that answers counts, and one of those that do not."""
    found = pools(gemini_workers=max(len(workers.of("gemini")), 1), default_workers=max(len(workers.of("default")), 1))
    yield ok("connections", str(found)) if found.fit else wrong("connections", str(found), found.advice)


def _redis(_: Workers) -> Iterator[Finding]:
    yield from _server("redis", "REDIS_URL", settings.REDIS_URL)


def _cache(_: Workers) -> Iterator[Finding]:
    if settings.CACHE_URL == settings.REDIS_URL:
        yield ok("cache", "the same Redis")
    else:
        yield from _server("cache", "CACHE_URL", settings.CACHE_URL)


def _server(part: str, setting: str, url: str) -> Iterator[Finding]:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE) as client:
            client.ping()
            told: dict[str, Any] = client.info("memory")
    except redis.RedisError as error:
        advice = f"Is Redis running, and is {setting} (host {_host(url)}) right?"
        yield wrong(part, f"cannot be reached ({type(error).__name__})", advice)
        return
    policy, used = told.get("maxmemory_policy", "unknown"), told.get("used_memory_human", "?")
    if part == "redis" and policy not in ("noeviction", "unknown"):
        advice = "Set maxmemory-policy noeviction there, and give the cache another Redis by CACHE_URL."
        yield wrong(part, f"may evict tasks ({policy})", advice)
    else:
        yield ok(part, f"answers; {used} used, policy {policy}")


def _disk(_: Workers) -> Iterator[Finding]:
    """The disk of what `make run` keeps; where a managed database has its own, nobody can see it from here."""
    if not os.path.isdir(settings.DATA_DIR):
        yield ok("disk", "nothing is kept on this machine")
        return
    free = shutil.disk_usage(settings.DATA_DIR).free
    said = f"{free // 1024**2} MB free for the data"
    if free < LEAST_DISK:
        yield wrong("disk", said, "Free some space, or move DATA_DIR to another disk.")
    else:
        yield ok("disk", said)


def _host(url: str) -> str:
    """Where a URL leads to, without the password in it."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


LOOKS: Final = (
    Look(part="settings", check=_settings),
    Look(part="database", check=_database),
    Look(part="migrations", check=_migrations, needs=["database"]),
    Look(part="redis", check=_redis),
    Look(part="cache", check=_cache),
    Look(part="connections", check=_connections, needs=["database"]),
    Look(part="disk", check=_disk),
)
