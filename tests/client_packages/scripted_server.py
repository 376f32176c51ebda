"""A server that answers as a test scripts it, one answer after the other."""

import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class ScriptedServer:
    """Listens from the beginning of a `with` to its end.

    An answer is a status, headers and a body, or None to close the connection. Each path has answers of its own, of
    which the last one is repeated.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """Method, path with its query, and headers in lower case."""
        self.times: list[float] = []
        """When each request came."""
        self._answers: dict[str, list[tuple[int, dict[str, str], str] | None]] = defaultdict(list)

    def answer(self, path: str, status: int, body: Any = "", **headers: str) -> None:
        """Script the next answer at a path; what is no text is sent as JSON."""
        kind = "text/event-stream" if isinstance(body, str) else "application/json"
        text = body if isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers[path].append((status, {"Content-Type": kind, **named}, text))

    def refuse(self, path: str, status: int, code: str, **headers: str) -> None:
        """Script a problem."""
        self.answer(
            path, status, {"status": status, "code": code, "detail": "A reason."}, X_Request_ID="r-1", **headers
        )

    def cut(self, path: str) -> None:
        """Script a connection that is closed without a response."""
        self._answers[path].append(None)

    def next_answer(self, path: str) -> tuple[int, dict[str, str], str] | None:
        answers = self._answers[path]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def headers_of(self, name: str) -> list[str | None]:
        """A header's value in each request."""
        return [headers.get(name) for _, _, headers in self.requests]

    def __enter__(self) -> Self:
        script = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                script.times.append(time.monotonic())
                script.requests.append((self.command, self.path, headers))
                if answer := script.next_answer(self.path.partition("?")[0]):
                    status, given, body = answer
                    self.send_response(status)
                    for name, value in given.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body.encode())
                self.close_connection = True

            do_GET = do_POST = handle_any  # noqa: N815

            def log_message(self, *arguments: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
