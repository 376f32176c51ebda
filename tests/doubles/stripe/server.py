"""The HTTP server: Stripe's API, the hosted pages, and the switches that tests turn."""

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
from tests.doubles.stripe.objects import Thing
from tests.doubles.stripe.state import Refused, World
from tests.doubles.stripe.webhooks import Deliveries

CONTROL = "/__pretend__"


class Server(ThreadingHTTPServer):
    """One pretend Stripe. `base` is its own address."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *, port: int, state: Path | None, webhook_url: str, webhook_secret: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.base = f"http://127.0.0.1:{self.server_address[1]}"
        self.deliveries = Deliveries(url=webhook_url, secret=webhook_secret)
        self.world = World(state=state, announce=self.deliveries.announce, endpoint=lambda: self.deliveries.url)
        self.world.delivered = self.deliveries.taken
        self.switches = controls.Switches()
        self.ledger: list[Thing] = []
        self.answers: dict[str, tuple[str, int, Thing]] = {}
        """The first answer to every idempotency key, with what was asked."""


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        """Answer a GET."""
        self._handle("GET")

    def do_POST(self) -> None:
        """Answer a POST."""
        self._handle("POST")

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._handle("DELETE")

    def log_message(self, *_: Any) -> None:
        """Keep quiet: the output's first line is the port."""

    def _handle(self, method: str) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if address.path.startswith(CONTROL):
            with self.server.world.lock:
                told = controls.obey(self.server, address.path.removeprefix(CONTROL), json.loads(body or "{}"))
                self.server.world.save()
            self._send(200, told)
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
        with server.world.lock:
            status, told, headers = self._answer(method, path, params)
            server.ledger.append(
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
            self._send(status, told, **headers)
        else:
            self.close_connection = True

    def _answer(self, method: str, path: str, params: Thing) -> tuple[int, Thing, dict[str, str]]:
        """Status, content and headers.

        As at Stripe, the first answer to an idempotency key is saved and repeated, errors included, unless the call had
        not begun to be carried out (docs.stripe.com/api/idempotent_requests): a wrong key, say, or an id that is none.
        """
        server, key = self.server, self.headers.get("Idempotency-Key") if method == "POST" else None
        asked = json.dumps([path, params], sort_keys=True)
        try:
            if server.switches.down:
                return 503, error(Refused("The pretend Stripe pretends to be down.", kind="api_error")), {}
            self._check_key()
            if key in server.answers:
                status, told = self._repeat(server.answers[key], asked)
                return status, told, {"Idempotent-Replayed": "true"}
            server.switches.fail(method, path)
            told, status = api.answer(server.world, server.base, method, path, params), 200
        except Refused as refusal:
            told, status = error(refusal), refusal.status
            if status in (401, 404, 429) or refusal.kind == "idempotency_error":
                return status, told, {}
        told = json.loads(json.dumps(told))  # as it is now, however late it is sent
        if method != "GET":
            server.world.save()
        if key:
            server.answers[key] = (asked, status, told)
        return status, told, {}

    @staticmethod
    def _repeat(first: tuple[str, int, Thing], asked: str) -> tuple[int, Thing]:
        before, status, told = first
        if before != asked:
            raise Refused("Keys for idempotent requests need the same parameters.", kind="idempotency_error")
        return status, told

    def _check_key(self) -> None:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not given.startswith(("sk_test_", "rk_test_")) or given in self.server.switches.dead_keys:
            raise Refused(f"Invalid API Key provided: {given[:8]}***", status=401)

    # Pages

    def _page(self, method: str, path: str, form: dict[str, str]) -> None:
        with self.server.world.lock:
            try:
                where, text = controls.visit(self.server, method, path, form)
            except Refused as refusal:
                where, text = "", pages.page("Not found", f"<p>{escape(str(refusal))}</p>")
            self.server.world.save()
        if where:
            self._send(303, "", Location=where)
        else:
            self._send(200, text)

    def _send(self, status: int, content: Thing | str, **headers: str) -> None:
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


def error(refusal: Refused) -> Thing:
    """An error as Stripe sends it."""
    named = {"code": refusal.code, "param": refusal.param}
    told = {"type": refusal.kind, "message": str(refusal)}
    return {"error": told | {name: value for name, value in named.items() if value}}


def decode(form: str) -> Thing:
    """Read `a[b]=1&c[0][d]=2&e[]=3` as Stripe does."""
    found: Thing = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        first, *rest = name.replace("]", "").split("[")
        _place(found, [first, *rest], value)
    return found


def _place(into: Any, path: list[str], value: str) -> None:
    name, *rest = path
    is_list = bool(rest) and (rest[0] == "" or rest[0].isdigit())
    if isinstance(into, list):
        index = len(into) if name == "" else int(name)
        while len(into) <= index:
            into.append({} if rest else None)
        if rest:
            _place(into[index], rest, value)
        else:
            into[index] = value
    elif rest:
        _place(into.setdefault(name, [] if is_list else {}), rest, value)
    else:
        into[name] = value


def end_with(parent: int) -> None:
    """End this process when `parent` is gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
