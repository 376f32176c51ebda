"""A Twilio in its own process: accepts messages as the REST API does, records them, and can fail.

`python -m tests.doubles.twilio --port 0 --parent <pid>`; the first line of its output is the port.
"""

import argparse
import base64
import json
import os
import re
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.doubles.process import DoubleProcess

SID = "AC0123456789abcdef0123456789abcdef"
TOKEN = "a-token-for-the-double"
SENDER = "+15005550006"
PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"
ACCOUNT = f"/2010-04-01/Accounts/{SID}.json"
AUTHORIZATION = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
FIELDS = ({"To", "From", "Body"}, {"To", "MessagingServiceSid", "Body"})


class TwilioDouble(DoubleProcess):
    """The double as tests use it."""

    def __init__(self) -> None:
        super().__init__(module=__name__)

    def settings(self) -> dict[str, str]:
        """The settings that make Kuvaka send through it."""
        return {
            "SMS_DELIVERY": "twilio",
            "TWILIO_BASE_URL": self.base_url,
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
        }

    def behave(self, *modes: str | int) -> None:
        """Set the outcomes of the next calls: an HTTP status, `cut` (no response), `hang` or `redirect`; then 201."""
        self._ask("POST", list(modes))

    def ledger(self) -> list[dict[str, str]]:
        """The accepted messages, oldest first."""
        messages: list[dict[str, str]] = self._ask("GET")["messages"]
        return messages

    def calls(self) -> int:
        """The number of calls, refused ones included."""
        return int(self._ask("GET")["calls"])

    def code_for(self, mobile_number: str, seconds: float = 10) -> str:
        """The code in the newest message to a phone number; waits until there is one."""
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            for message in reversed(self.ledger()):
                if message["To"] == mobile_number:
                    return re.findall(r"\b[0-9]{6}\b", message["Body"])[0]
            time.sleep(0.05)
        raise AssertionError("no message came")

    def _ask(self, method: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.base_url}/__double__", method=method, data=None if body is None else json.dumps(body).encode()
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=10) as response:
            return json.load(response)


class _Api(BaseHTTPRequestHandler):
    messages: list[dict[str, str]] = []
    modes: list[str | int] = []
    calls = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/__double__":
            self._respond(200, {"messages": self.messages, "calls": self.calls})
        elif self.headers.get("Authorization") != AUTHORIZATION:
            self._respond(401, {"code": 20003})
        else:
            self._respond(200 if self.path == ACCOUNT else 404, {"status": "active"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/__double__":
            self.modes[:] = json.loads(body)
            self.messages.clear()
            _Api.calls = 0
            self._respond(200, {})
            return
        with self.lock:
            _Api.calls += 1
            mode = self.modes.pop(0) if self.modes else 201
        self._end(mode, {name: values[0] for name, values in parse_qs(body.decode()).items()})

    def _end(self, mode: str | int, fields: dict[str, str]) -> None:
        """Accept the message as the mode says; a cut or a hang comes after that, as it may at Twilio."""
        if self.path != PATH:
            self._respond(404, {"code": 20404})
        elif self.headers.get("Authorization") != AUTHORIZATION:
            self._respond(401, {"code": 20003})
        elif set(fields) not in FIELDS or not re.fullmatch(r"\+[1-9]\d{6,14}", fields["To"]):
            self._respond(400, {"code": 21211})
        elif mode == "redirect":
            self._respond(307, {}, Location="/elsewhere")
        elif isinstance(mode, int) and mode != 201:
            self._respond(mode, {"code": 20000 + mode, "message": f"no: {fields['To']}"})
        else:
            with self.lock:
                self.messages.append(fields)
            if mode == "hang":
                time.sleep(30)
            if mode in ("cut", "hang"):
                self.close_connection = True
            else:
                self._respond(201, {"sid": f"SM{len(self.messages):032}", "status": "queued"})

    def _respond(self, status: int, body: Any, **headers: str) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Log nothing: the first line of the output is the port."""


def _exit_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--parent", type=int)
    given = arguments.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", given.port), _Api)
    if given.parent:
        threading.Thread(target=_exit_with, args=(given.parent,), daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
