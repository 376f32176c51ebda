"""Health, answered before anything else: no host check, no redirect, no log line.

`/livez` touches nothing. `/readyz` asks PostgreSQL, which everything needs, whether it can be written to; Redis is
reported but not needed, since without it only speed is lost. Neither says more to strangers than the names of the two.
"""

import concurrent.futures
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from config.http.transport import strict_transport

PATIENCE = 0.8
"""Seconds that `/readyz` waits for the two together: it answers within a second even when one of them is frozen."""

_probes = concurrent.futures.ThreadPoolExecutor(max_workers=4, thread_name_prefix="readyz")


class HealthMiddleware:
    """Serves `/livez` and `/readyz`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a health check, or pass the request on."""
        if request.path_info == "/livez":
            return _answer(request, 200, {"status": "ok"})
        if request.path_info == "/readyz":
            return _answer(request, *readiness())
        return self.get_response(request)


def _answer(request: HttpRequest, status: int, body: dict[str, str]) -> HttpResponse:
    return JsonResponse(body, status=status, headers=strict_transport() if request.is_secure() else {})


def readiness() -> tuple[int, dict[str, str]]:
    """Ask PostgreSQL and Redis; the HTTP status, and what to say of each."""
    checks = {"database": _probes.submit(_ask_database), "redis": _probes.submit(_ask_redis)}
    done, late = concurrent.futures.wait(checks.values(), timeout=PATIENCE)
    for check in late:
        check.cancel()
    fine = {name: check in done and check.exception() is None for name, check in checks.items()}
    status = "ok" if all(fine.values()) else "degraded" if fine["database"] else "unavailable"
    parts = {name: "ok" if value else "unavailable" for name, value in fine.items()}
    return 200 if fine["database"] else 503, {"status": status, **parts}


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone() != ("off",):
                raise OperationalError("this PostgreSQL only reads")
    finally:
        connection.close()


def _ask_redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PATIENCE / 2, socket_timeout=PATIENCE / 2
    ) as client:
        client.set("kuvaka:readyz", "", px=1000)  # a full one, or a replica, answers to PING
