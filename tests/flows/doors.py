"""The ways in which a program can ask for a reply, and what each of them says of its usage."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from tests import sse
from tests.api_user import ApiUser
from tests.waiting import wait_until

MODEL: Final = "gemini-flash-latest"
QUESTION: Final = "What is a monsoon?"

Json = dict[str, Any]
Tokens = tuple[int, int]
"""Of the prompt, what tools read among it, and of the output."""


@dataclass(frozen=True)
class Door:
    """A route that takes a message; `stop` is the request that stops the reply, if there is one."""

    name: str
    path: str
    body: Json
    usage: Callable[[Json], Json | None]
    """Finds the usage in the last event of a stream, or in the response."""

    names: tuple[str, str]
    """Of the counts there."""

    stop: tuple[str, str] | None = None


def _in_response(last: Json) -> Json | None:
    found: Json | None = last.get("response", last).get("usage")
    return found


def _in_metadata(last: Json) -> Json | None:
    found: Json | None = last.get("messageMetadata", {}).get("usage")
    return found


MESSAGES: Final = [{"role": "user", "content": QUESTION}]
CHAT: Final = {"model": MODEL, "messages": MESSAGES}
STREAMED_CHAT: Final = {**CHAT, "stream": True, "stream_options": {"include_usage": True}}
RESPONSE: Final = {"model": MODEL, "input": QUESTION}
UI: Final = {"id": "{room}", "messages": [{"id": "u1", "role": "user", "parts": [{"type": "text", "text": QUESTION}]}]}
OF_CHAT: Final = ("prompt_tokens", "completion_tokens")
OF_RESPONSES: Final = ("input_tokens", "output_tokens")
CANCEL: Final = ("POST", "/v1/responses/resp_{reply}/cancel")

DOORS: Final = (
    Door(
        "a room",
        "/chatroom/{room}/message",
        {"content": QUESTION},
        lambda last: last["reply"] if last["reply"]["prompt_tokens"] is not None else None,
        ("prompt_tokens", "output_tokens"),
        ("POST", "/message/{message}/stop"),
    ),
    Door("a completion", "/v1/chat/completions", CHAT, _in_response, OF_CHAT),
    Door("a streamed completion", "/v1/chat/completions", STREAMED_CHAT, _in_response, OF_CHAT),
    Door("a response", "/v1/responses", RESPONSE, _in_response, OF_RESPONSES, CANCEL),
    Door(
        *("a streamed response", "/v1/responses", {**RESPONSE, "stream": True}, _in_response, OF_RESPONSES, CANCEL),
    ),
    Door(
        "the AI SDK",
        "/v1/ui/chat",
        UI,
        _in_metadata,
        ("inputTokens", "outputTokens"),
        ("DELETE", "/v1/ui/chat/{room}/stream"),
    ),
)


class Asked:
    """A reply that was asked for, and the client that waits for it where the door has sent it."""

    def __init__(self, door: Door, user: ApiUser) -> None:
        self.door, self.user = door, user
        room = user.room()
        body = json.loads(json.dumps(door.body).replace("{room}", str(room)))
        accepted = user.call("POST", door.path.format(room=room), json=body, allow_redirects=False)
        assert accepted.status_code in (202, 303), accepted.text
        is_redirected = accepted.status_code == 303
        url = urlsplit(accepted.headers["Location"] if is_redirected else accepted.json()["stream_url"])
        [(message, reply)] = user.stack.sql(
            "SELECT answers_id, id FROM chatrooms_message WHERE user_id = %s AND role = 'assistant' "
            "ORDER BY id DESC LIMIT 1",
            user.id,
        )
        self._ids = {"room": room, "message": message, "reply": reply}
        self._connection = http.client.HTTPConnection(url.netloc, timeout=600)
        self._connection.request("GET", f"{url.path}?{url.query}", headers={"Accept": "*/*"})

    def wait_for_text(self) -> None:
        """Until the reply has some; by our own stream, which shows every reply of the user's."""
        stack, path = self.user.stack, f"/message/{self._ids['message']}/stream"
        headers = {"Authorization": f"Bearer {self.user.access_token}"}
        stream = sse.Response(f"http://127.0.0.1:{stack.stream_port}{path}", headers=headers, timeout=120)
        assert stream.status == 200
        assert any(received.event == "delta" for received in stream.events())
        stream.close()

    def cut(self) -> None:
        """The client goes away; the reply does not."""
        self._connection.close()

    def stop(self) -> None:
        assert self.door.stop is not None
        method, path = self.door.stop
        response = self.user.call(method, path.format(**self._ids))
        assert response.status_code in (200, 204), response.text

    def usage(self) -> Tokens | None:
        """What the door says in the end; None if it says nothing, since the reply failed."""
        response = self._connection.getresponse()
        body = response.read().decode()
        self._connection.close()
        self.wait_until_settled()
        if self.door.path.startswith("/v1/"):
            lines = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
            events = [json.loads(line) for line in lines if line != "[DONE]"] or [json.loads(body)]
            found = next(filter(None, map(self.door.usage, reversed(events))), None)
        else:
            found = self.door.usage(self.user.message(self._ids["message"]))
        prompt, output = self.door.names
        return (found.get(prompt) or 0, found.get(output) or 0) if found else None

    @property
    def status(self) -> str:
        [(status,)] = self.user.stack.sql("SELECT status FROM chatrooms_message WHERE id = %s", self._ids["reply"])
        return str(status)

    def wait_until_settled(self) -> None:
        """Until the reply has ended, and what it took is known."""
        query = "SELECT status IN ('done', 'failed', 'stopped') AND lease_until IS NULL FROM chatrooms_message"
        wait_until(
            lambda: self.user.stack.sql(f"{query} WHERE id = %s", self._ids["reply"]) == [(True,)], "the end", 120
        )
