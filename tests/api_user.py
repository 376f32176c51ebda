"""A signed-in user, as a client of the API over HTTP."""

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from tests import promised
from tests.waiting import TIMEOUT, until_not_busy, wait_until

if TYPE_CHECKING:
    from tests.stack import Stack


@dataclass
class ApiUser:
    """A signed-in user, as a client of the API."""

    stack: "Stack"
    id: int
    number: str
    access_token: str
    refresh_token: str
    http: requests.Session = field(default_factory=requests.Session, repr=False)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request; with `retries_when_busy`, repeat it while the database is busy if that is safe."""
        headers = {"Authorization": f"Bearer {self.access_token}", **options.pop("headers", {})}
        url, safe = self.stack.url + path, method == "GET" or "Idempotency-Key" in headers

        def ask() -> requests.Response:
            response = self.http.request(method, url, headers=headers, timeout=TIMEOUT, **options)
            if not (response.history or options.get("stream")):
                promised.hold(method, url, response.status_code, response.headers, response.content)
            return response

        return until_not_busy(ask, {"service_unavailable"}) if safe and self.stack.retries_when_busy else ask()

    def room(self, name: str = "Room") -> int:
        response = self.call("POST", "/chatroom", json={"name": name})
        assert response.status_code == 201, response.text
        return int(response.json()["id"])

    def send(self, room: int, content: str, **options: Any) -> dict[str, Any]:
        path = f"/chatroom/{room}/message"
        if self.stack.retries_when_busy and "headers" not in options:
            response = self.send_with_retries(room, content)
        else:
            response = self.call("POST", path, json={"content": content}, **options)
        assert response.status_code == 202, response.text
        return dict(response.json())

    def send_with_retries(self, room: int, content: str = "Hello") -> requests.Response:
        """Send once, and repeat with the same idempotency key while the database is busy; for many threads at once."""
        url = f"{self.stack.url}/chatroom/{room}/message"
        headers = {"Authorization": f"Bearer {self.access_token}", "Idempotency-Key": secrets.token_hex(8)}

        def ask() -> requests.Response:
            return requests.post(url, json={"content": content}, headers=headers, timeout=TIMEOUT)

        return until_not_busy(ask, {"service_unavailable", "idempotency_in_flight"})

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file; again while the processes are busy with others, or this minute has no further try."""
        url, headers = f"{self.stack.url}/files", {"Authorization": f"Bearer {self.access_token}"}
        for _ in range(20):
            response = requests.post(url, files={"file": (name, content)}, headers=headers, timeout=TIMEOUT)
            if response.status_code not in (429, 503):
                break
            time.sleep(int(response.headers["Retry-After"]))
        assert response.status_code == 201, response.text
        return dict(response.json())

    def message(self, message_id: int) -> dict[str, Any]:
        response = self.call("GET", f"/message/{message_id}")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def wait_for_reply(self, message_id: int, seconds: float = TIMEOUT) -> dict[str, Any]:
        """The message once its reply is final; by `?wait=`, which costs less than polling."""
        return dict(wait_until(lambda: self._message_if_final(message_id), "a final reply", seconds))

    def _message_if_final(self, message_id: int) -> dict[str, Any] | None:
        response = self.call("GET", f"/message/{message_id}?wait=5")
        assert response.status_code == 200, response.text
        return dict(response.json()) if response.json()["reply"]["status"] in ("done", "failed", "stopped") else None
