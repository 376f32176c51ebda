"""Serves the metrics: `web` at `/metrics`, before any other middleware; the other processes on their own ports.

There is one port per process of the Procfile, starting at `METRICS_PORT`, so that one setting is enough for a machine
that runs them all. If the port is taken, by a second worker for example, the process runs without serving metrics.
"""

import hmac
import os
import re
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import structlog
from celery import signals
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from config.http import problems
from config.http.transport import strict_transport
from config.infrastructure import database_metrics
from config.infrastructure.database import TimeoutConnection
from config.observability import multiprocess_dir
from config.observability.logs import identity_of

log = structlog.get_logger(__name__)

PATH: Final = "/metrics"
PORTS: Final = {"worker": 0, "tasks": 1, "stream": 2, "beat": 3}
"""The offset of each process from `METRICS_PORT`."""

BEAT_STATEMENT_TIMEOUT: Final = 1.0
"""Seconds for one query of a scrape; Prometheus itself gives up after ten."""

LIVE_GAUGE: Final = re.compile(r"gauge_live\w*_(\d+)\.db")


class MetricsMiddleware:
    """Serves `/metrics` to clients with `METRICS_TOKEN`; without one, to everyone in development and no one else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve a scrape. Without a token there is no such page in production."""
        if request.path_info != PATH or not (settings.METRICS_TOKEN or settings.DEBUG):
            return self.get_response(request)
        identity = identity_of(request.headers.get("X-Request-ID", ""))
        with structlog.contextvars.bound_contextvars(request_id=identity):
            response = _respond(request)
        for name, value in (strict_transport() if request.is_secure() else {}).items():
            response[name] = value
        response["X-Request-ID"] = identity
        return response


def _respond(request: HttpRequest) -> HttpResponse:
    if not is_allowed(request.headers.get("Authorization", "")):
        return problems.render(problems.NotAuthenticated())
    if request.method not in ("GET", "HEAD"):
        return problems.render(problems.MethodNotAllowed(headers={"Allow": "GET, HEAD"}))
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def is_allowed(authorization: str) -> bool:
    """Whether this `Authorization` header may read the metrics."""
    scheme, _, token = authorization.partition(" ")
    matches = hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    return not settings.METRICS_TOKEN or (scheme.lower() == "bearer" and matches)


def exposition() -> bytes:
    """The metrics of all processes that share this folder, in Prometheus' text format."""
    folder = os.environ.get(multiprocess_dir.VARIABLE)
    if not folder:
        return generate_latest(REGISTRY)
    _remove_dead_gauges(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    if settings.KUVAKA_PROCESS == "beat":
        registry.register(database_metrics.Collector())
    return generate_latest(registry)


def _remove_dead_gauges(folder: Path) -> None:
    """Remove the gauges of processes that have ended, where a gauge counts live processes only."""
    for file in folder.iterdir():
        match = LIVE_GAUGE.fullmatch(file.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            with suppress(FileNotFoundError):
                mark_process_dead(int(match[1]), path=str(folder))  # type: ignore[no-untyped-call]


# --- The other processes ----------------------------------------------------------------------------------------------


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server_version, sys_version = "kuvaka", ""

    def do_GET(self) -> None:
        if self.path != PATH:
            self._reply(problems.render(problems.NotFound()))
        elif not is_allowed(self.headers.get("Authorization", "")):
            self._reply(problems.render(problems.NotAuthenticated()))
        else:
            self._reply(HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST))

    def _reply(self, response: HttpResponse) -> None:
        self.send_response(response.status_code)
        for name, value in {**response.headers, "Content-Length": str(len(response.content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.content)

    def log_message(self, *_: Any) -> None:
        """Log no scrapes."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an error as JSON. A scraper that hangs up, as Prometheus does, is not an error."""
        if isinstance(sys.exception(), ConnectionError | TimeoutError):
            log.debug("scrape_abandoned")
        else:
            log.exception("scrape_failed")


def serve() -> None:
    """Start to serve the metrics of this process, if it has a port for them."""
    name = settings.KUVAKA_PROCESS
    if settings.METRICS_PORT is None or name not in PORTS:
        return
    host, port = os.environ.get("HOST") or "0.0.0.0", settings.METRICS_PORT + PORTS[name]  # noqa: S104  as `web`
    try:
        server = _server(host, port)
    except OSError as error:
        log.error("metrics_not_served", process=name, port=port, cause=error.strerror)
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def _server(host: str, port: int) -> ThreadingHTTPServer:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = type("Server", (_Server,), {"address_family": family})
    server: ThreadingHTTPServer = kind((host, port), _Handler)
    return server


@signals.worker_ready.connect
def _serve_worker(**_: Any) -> None:
    """Start after the children are forked, so that they do not inherit the socket."""
    serve()


@signals.beat_init.connect
def _serve_beat(**_: Any) -> None:
    TimeoutConnection.statement_timeout = BEAT_STATEMENT_TIMEOUT
    serve()
