"""The HTTP server: Stripe's API, the hosted pages, and the controls of tests."""

import json
import os
import secrets
import threading
import time
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.doubles.stripe import api, controls, pages
from tests.doubles.stripe.objects import StripeObject
from tests.doubles.stripe.state import State
from tests.doubles.stripe.store import ApiError
from tests.doubles.stripe.webhooks import Deliveries

CONTROL = "/__pretend__"


class Server(ThreadingHTTPServer):
    """One pretend Stripe. `base` is its own URL."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, port: int, state_file: Path | None, webhook_url: str, webhook_secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.deliveries = Deliveries(url=webhook_url, secret=webhook_secret)
        self.state = State(
            state_file=state_file, announce=self.deliveries.announce, endpoint=lambda: self.deliveries.url
        )
        self.state.delivered = self.deliveries.accepted
        self.switches = controls.Switches()
        self.calls: list[StripeObject] = []
        self.saved_responses: dict[str, tuple[str, int, StripeObject]] = {}
        """By idempotency key: the first request (path and parameters), and its status and response."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def do_DELETE(self) -> None:
        self._handle("DELETE")

    def log_message(self, *_: Any) -> None:
        """Log nothing: the first line of the output is the port."""

    def _handle(self, method: str) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if address.path.startswith(CONTROL):
            with self.server.state.lock:
                content = controls.handle_control(
                    self.server, address.path.removeprefix(CONTROL), json.loads(body or "{}")
                )
                self.server.state.save()
            self._send(200, content)
        elif address.path.startswith("/v1/"):
            self._call(method, address.path, address.query if method == "GET" else body)
        else:
            self._page(method, address.path, dict(parse_qsl(body)))

    # The API

    def _call(self, method: str, path: str, form: str) -> None:
        server, params = self.server, decode(form)
        if not server.switches.before(path):
            self.close_connection = True
            return
        with server.state.lock:
            status, content, headers = self._respond(method, path, params)
            server.calls.append(
                {
                    "method": method,
                    "path": path,
                    "params": params,
                    "status": status,
                    "idempotency_key": self.headers.get("Idempotency-Key"),
                    "version": self.headers.get("Stripe-Version"),
                    "replayed": "Idempotent-Replayed" in headers,
                }
            )
        if server.switches.after(path):
            self._send(status, content, **headers)
        else:
            self.close_connection = True

    def _respond(self, method: str, path: str, params: StripeObject) -> tuple[int, StripeObject, dict[str, str]]:
        """Status, content and headers.

        As at Stripe, the first response to an idempotency key is saved and repeated, errors included, unless Stripe had
        not begun to carry the call out, as with a wrong API key or an unknown id
        (docs.stripe.com/api/idempotent_requests).
        """
        server, key = self.server, self.headers.get("Idempotency-Key") if method == "POST" else None
        request = json.dumps([path, params], sort_keys=True)
        try:
            if server.switches.down:
                return 503, error_body(ApiError("The pretend Stripe pretends to be down.", kind="api_error")), {}
            self._check_key()
            if key in server.saved_responses:
                status, content = self._repeat(server.saved_responses[key], request)
                return status, content, {"Idempotent-Replayed": "true"}
            server.switches.fail(method, path)
            content, status = api.respond(server.state, server.base, method, path, params), 200
        except ApiError as error:
            content, status = error_body(error), error.status
            if status in (401, 404, 429) or error.kind == "idempotency_error":
                return status, content, {}
        content = json.loads(json.dumps(content))  # a copy, since it may be sent late
        if method != "GET":
            server.state.save()
        if key:
            server.saved_responses[key] = (request, status, content)
        return status, content, {}

    @staticmethod
    def _repeat(first: tuple[str, int, StripeObject], request: str) -> tuple[int, StripeObject]:
        before, status, content = first
        if before != request:
            raise ApiError("Keys for idempotent requests need the same parameters.", kind="idempotency_error")
        return status, content

    def _check_key(self) -> None:
        api_key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not api_key.startswith(("sk_test_", "rk_test_")) or api_key in self.server.switches.dead_keys:
            raise ApiError(f"Invalid API Key provided: {api_key[:8]}***", status=401)

    # Pages

    def _page(self, method: str, path: str, form: dict[str, str]) -> None:
        with self.server.state.lock:
            try:
                location, text = controls.visit(self.server, method, path, form)
            except ApiError as error:
                location, text = "", pages.page("Not found", f"<p>{escape(str(error))}</p>")
            self.server.state.save()
        if location:
            self._send(303, "", Location=location)
        else:
            self._send(200, text)

    def _send(self, status: int, content: StripeObject | str, **headers: str) -> None:
        is_text = isinstance(content, str)
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8" if is_text else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Request-Id", f"req_{secrets.token_hex(7)}")
        self.send_header("X-Pretend", "stripe")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def error_body(error: ApiError) -> StripeObject:
    """An error as Stripe sends it."""
    named = {"code": error.code, "param": error.param}
    content = {"type": error.kind, "message": str(error)}
    return {"error": content | {name: value for name, value in named.items() if value}}


def decode(form: str) -> StripeObject:
    """Decode `a[b]=1&c[0][d]=2&e[]=3` as Stripe does."""
    found: StripeObject = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        first, *rest = name.replace("]", "").split("[")
        _set_value(found, [first, *rest], value)
    return found


def _set_value(into: Any, path: list[str], value: str) -> None:
    name, *rest = path
    is_list = bool(rest) and (rest[0] == "" or rest[0].isdigit())
    if isinstance(into, list):
        index = len(into) if name == "" else int(name)
        while len(into) <= index:
            into.append({} if rest else None)
        if rest:
            _set_value(into[index], rest, value)
        else:
            into[index] = value
    elif rest:
        _set_value(into.setdefault(name, [] if is_list else {}), rest, value)
    else:
        into[name] = value


def exit_with(parent: int) -> None:
    """Exit when the process `parent` has exited."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
