"""Checks of the infrastructure: settings, PostgreSQL, Redis, the disk."""

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
from config.management.stack.findings import Finding, StackCheck, Workers, ok, warning, wrong

SERVER_TIMEOUT: Final = 3
"""Seconds for PostgreSQL, and for Redis."""

MIN_FREE_DISK: Final = 1024**3
"""Bytes."""


def _settings(_: Workers) -> Iterator[Finding]:
    """The settings refuse at import what is missing or malformed, so only Django's own checks are left."""
    problems = checks.run_checks(include_deployment_checks=not settings.DEBUG)
    for problem in problems:
        if not problem.is_silenced():
            yield _verdict(problem)
    if settings.DEBUG:
        yield warning("settings", "DEBUG is on: this is development", "Turn it off in production.")
    elif not problems:
        yield ok("settings", "complete, and they pass the deployment checks")


def _verdict(problem: checks.CheckMessage) -> Finding:
    report = wrong if problem.is_serious() else warning
    return report("settings", f"{problem.id}: {problem.msg}", problem.hint or "`manage.py check --deploy` says more.")


def _database(_: Workers) -> Iterator[Finding]:
    """Over a separate connection: a pool would keep retrying."""
    params: dict[str, Any] = {**connection.get_connection_params(), "connect_timeout": SERVER_TIMEOUT}
    try:
        with psycopg.connect(**params) as database:
            row = database.execute("SELECT current_setting('server_version'), pg_is_in_recovery()").fetchone()
    except psycopg.Error as error:
        advice = f"Is PostgreSQL running, and is DATABASE_URL (host {_host(settings.DATABASE_URL)}) right?"
        yield wrong("database", f"cannot be reached ({type(error).__name__})", advice)
        return
    version, is_read_only = row or ("", False)
    if is_read_only:
        yield wrong("database", "is read-only: it is a standby", "Set DATABASE_URL to the primary.")
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
    """Count each worker that replies, and one of a kind of which none does."""
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
        with redis.Redis.from_url(url, socket_connect_timeout=SERVER_TIMEOUT, socket_timeout=SERVER_TIMEOUT) as client:
            client.ping()
            info: dict[str, Any] = client.info("memory")
    except redis.RedisError as error:
        advice = f"Is Redis running, and is {setting} (host {_host(url)}) right?"
        yield wrong(part, f"cannot be reached ({type(error).__name__})", advice)
        return
    policy, used = info.get("maxmemory_policy", "unknown"), info.get("used_memory_human", "?")
    if part == "redis" and policy not in ("noeviction", "unknown"):
        advice = "Set maxmemory-policy noeviction there, and give the cache another Redis by CACHE_URL."
        yield wrong(part, f"may evict tasks ({policy})", advice)
    else:
        yield ok(part, f"answers; {used} used, policy {policy}")


def _disk(_: Workers) -> Iterator[Finding]:
    """The disk of `make run`'s data. The disk of a managed database cannot be checked from here."""
    if not os.path.isdir(settings.DATA_DIR):
        yield ok("disk", "no data on this machine")
        return
    free = shutil.disk_usage(settings.DATA_DIR).free
    said = f"{free // 1024**2} MB free for the data"
    if free < MIN_FREE_DISK:
        yield wrong("disk", said, "Free some space, or move DATA_DIR to another disk.")
    else:
        yield ok("disk", said)


def _host(url: str) -> str:
    """The host of a URL, without the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


CHECKS: Final = (
    StackCheck(part="settings", check=_settings),
    StackCheck(part="database", check=_database),
    StackCheck(part="migrations", check=_migrations, needs=["database"]),
    StackCheck(part="redis", check=_redis),
    StackCheck(part="cache", check=_cache),
    StackCheck(part="connections", check=_connections, needs=["database"]),
    StackCheck(part="disk", check=_disk),
)
