"""A signed-in user, as a client of the API over HTTP."""

import secrets
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
        """Ask once; in a patient stack again, if that is safe and the database was busy."""
        headers = {"Authorization": f"Bearer {self.access_token}", **options.pop("headers", {})}
        url, safe = self.stack.url + path, method == "GET" or "Idempotency-Key" in headers

        def ask() -> requests.Response:
            answer = self.http.request(method, url, headers=headers, timeout=TIMEOUT, **options)
            if not (answer.history or options.get("stream")):
                promised.hold(method, url, answer.status_code, answer.headers, answer.content)
            return answer

        return until_not_busy(ask, {"service_unavailable"}) if safe and self.stack.retries_when_busy else ask()

    def room(self, name: str = "Room") -> int:
        answer = self.call("POST", "/chatroom", json={"name": name})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def send(self, room: int, content: str, **options: Any) -> dict[str, Any]:
        path = f"/chatroom/{room}/message"
        if self.stack.retries_when_busy and "headers" not in options:
            answer = self.send_with_retries(room, content)
        else:
            answer = self.call("POST", path, json={"content": content}, **options)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def send_with_retries(self, room: int, content: str = "Hello") -> requests.Response:
        """Send once, as a client does that repeats what met a busy database; also from many threads at once."""
        url = f"{self.stack.url}/chatroom/{room}/message"
        headers = {"Authorization": f"Bearer {self.access_token}", "Idempotency-Key": secrets.token_hex(8)}

        def ask() -> requests.Response:
            return requests.post(url, json={"content": content}, headers=headers, timeout=TIMEOUT)

        return until_not_busy(ask, {"service_unavailable", "idempotency_in_flight"})

    def message(self, message_id: int) -> dict[str, Any]:
        answer = self.call("GET", f"/message/{message_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def wait_for_reply(self, message_id: int, seconds: float = TIMEOUT) -> dict[str, Any]:
        """The message once its reply is final: `web` looks for it, which costs less than to ask again and again."""
        return dict(wait_until(lambda: self._message_if_final(message_id), "a final reply", seconds))

    def _message_if_final(self, message_id: int) -> dict[str, Any] | None:
        answer = self.call("GET", f"/message/{message_id}?wait=5")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()) if answer.json()["reply"]["status"] in ("done", "failed", "stopped") else None
