"""Serving the metrics: `web` at `/metrics`, before anything else; the other processes at a port of their own.

One port for each process of the Procfile, `METRICS_PORT` and those after it, so that one setting serves a machine that
runs them all. A port that is taken, by a second worker of one machine say, costs the process its metrics, not its life.
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
from config.infrastructure.database import PatientConnection
from config.observability import multiprocess_dir
from config.observability.logs import identity_of

log = structlog.get_logger(__name__)

PATH: Final = "/metrics"
PORTS: Final = {"worker": 0, "tasks": 1, "stream": 2, "beat": 3}
"""What is added to `METRICS_PORT` for each process."""

BEAT_PATIENCE: Final = 1.0
"""Seconds for one question to the database at a scrape; Prometheus itself gives up after ten."""

LIVE_GAUGE: Final = re.compile(r"gauge_live\w*_(\d+)\.db")


class MetricsMiddleware:
    """Serves `/metrics`: to who knows `METRICS_TOKEN`; without one to everybody while developing, else to nobody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a scrape, or pass the request on: without a token there is no such page."""
        if request.path_info != PATH or not (settings.METRICS_TOKEN or settings.DEBUG):
            return self.get_response(request)
        identity = identity_of(request.headers.get("X-Request-ID", ""))
        with structlog.contextvars.bound_contextvars(request_id=identity):
            response = _answer(request)
        for name, value in (strict_transport() if request.is_secure() else {}).items():
            response[name] = value
        response["X-Request-ID"] = identity
        return response


def _answer(request: HttpRequest) -> HttpResponse:
    if not is_allowed(request.headers.get("Authorization", "")):
        return problems.render(problems.NotAuthenticated())
    if request.method not in ("GET", "HEAD"):
        return problems.render(problems.MethodNotAllowed(headers={"Allow": "GET, HEAD"}))
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def is_allowed(authorization: str) -> bool:
    """Whether this header opens the metrics."""
    scheme, _, token = authorization.partition(" ")
    is_right = hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    return not settings.METRICS_TOKEN or (scheme.lower() == "bearer" and is_right)


def exposition() -> bytes:
    """What all processes of this folder have counted, in Prometheus' text format."""
    folder = os.environ.get(multiprocess_dir.VARIABLE)
    if not folder:
        return generate_latest(REGISTRY)
    _forget_dead(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    if settings.KUVAKA_PROCESS == "beat":
        registry.register(database_metrics.Collector())
    return generate_latest(registry)


def _forget_dead(folder: Path) -> None:
    """Leave out what is true of live processes only, for those that were replaced meanwhile."""
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
        """Say nothing of scrapes."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what failed as everything else is logged; a scraper that hangs up, as Prometheus does, fails nothing."""
        if isinstance(sys.exception(), ConnectionError | TimeoutError):
            log.debug("scrape_abandoned")
        else:
            log.exception("scrape_failed")


def serve() -> None:
    """Begin to serve the metrics of this process, if it has a port for them."""
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
    """Begin when the children are there, so that they do not inherit the socket."""
    serve()


@signals.beat_init.connect
def _serve_beat(**_: Any) -> None:
    PatientConnection.patience = BEAT_PATIENCE
    serve()
