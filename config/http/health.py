"""Health checks, served before any other middleware: no host check, no redirect, no log line.

`/livez` touches nothing. `/readyz` checks that PostgreSQL, which every request needs, can be written to. Redis is
reported but not required, since without it Kuvaka is only slower. Neither reveals more than the names of the two.
"""

import concurrent.futures
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.http.transport import strict_transport

TIMEOUT = 0.8
"""Seconds that `/readyz` waits for both together: it responds within a second even if one of them is frozen."""

_probes = concurrent.futures.ThreadPoolExecutor(max_workers=4, thread_name_prefix="readyz")


class HealthMiddleware:
    """Serves `/livez` and `/readyz`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/livez":
            return _respond(request, 200, {"status": "ok"})
        if request.path_info == "/readyz":
            return _respond(request, *readiness())
        return self.get_response(request)


def _respond(request: HttpRequest, status: int, body: dict[str, str]) -> HttpResponse:
    return JsonResponse(body, status=status, headers=strict_transport() if request.is_secure() else {})


def readiness() -> tuple[int, dict[str, str]]:
    """Check PostgreSQL and Redis; return the HTTP status and the body."""
    checks = {"database": _probes.submit(_check_database), "redis": _probes.submit(_check_redis)}
    done, late = concurrent.futures.wait(checks.values(), timeout=TIMEOUT)
    for check in late:
        check.cancel()
    healthy = {name: check in done and check.exception() is None for name, check in checks.items()}
    status = "ok" if all(healthy.values()) else "degraded" if healthy["database"] else "unavailable"
    parts = {name: "ok" if value else "unavailable" for name, value in healthy.items()}
    return 200 if healthy["database"] else 503, {"status": status, **parts}


def _check_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone() != ("off",):
                raise OperationalError("this PostgreSQL is read-only")
    finally:
        connection.close()


def _check_redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=TIMEOUT / 2, socket_timeout=TIMEOUT / 2
    ) as client:
        client.set("kuvaka:readyz", "", px=1000)  # a full Redis, or a replica, still answers PING
