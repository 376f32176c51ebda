"""What the packed clients make of a server that answers as a test scripts it."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.webhooks import signing
from tests.client_packages.packing import Packed
from tests.client_packages.scripted_server import ScriptedServer

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

TOKENS = {"prompt": 0, "output": 0, "cost": "0.000000"}
USAGE = {
    "tier": "basic",
    "limit": 10,
    "used": 3,
    "remaining": 7,
    "resets_at": "2026-12-01T00:00:00Z",
    "tokens": {"today": TOKENS, "month": TOKENS, "limit": 1000, "remaining": 1000},
}
STREAM, MESSAGE = "/message/7/stream", "/message/7"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as listening:
        yield listening


def message(status: str = "done", text: str | None = "A wind.") -> dict[str, Any]:
    """As `GET /message/7` shows it."""
    names = ["model", "error", "finish_reason", "prompt_tokens", "output_tokens", "cached_tokens", "tool_tokens"]
    names += ["thought_tokens", "response_id", "service_tier", "retry", "started_at", "finished_at", "parts"]
    return {
        "id": 7,
        "chatroom_id": 3,
        "user_id": 1,
        "role": "user",
        "content": "Hello",
        "files": [],
        "created_at": "2026-11-30T08:15:30Z",
        "edited_at": None,
        "gemini_response": text,
        "stream_url": None,
        "reply": {**dict.fromkeys(names), "id": 8, "status": status, "tokens_estimated": False},
    }


def block(event: str, data: dict[str, Any], number: int | None = None, attempt: int = 1) -> str:
    line = f"id: 8:{attempt}-{number}\n" if number else ""
    return f"{line}event: {event}\ndata: {json.dumps(data)}\n\n"


def start(attempt: int = 1) -> str:
    return "retry: 10\n" + block("start", {"attempt": attempt}, 1, attempt)


def deltas(*texts: str, first: int = 2, attempt: int = 1) -> str:
    return "".join(block("delta", {"text": text}, first + at, attempt) for at, text in enumerate(texts))


END = {"type": "end", "id": 7, "status": "done", "text": "A wind."}
DONE = block("done", {"length": 7}, 1_000_000_000)


def test_a_read_is_repeated_when_the_server_says(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.refuse("/usage", 503, "service_unavailable", Retry_After="1")
    server.refuse("/usage", 429, "too_many_requests", Retry_After="1")
    server.cut("/usage")
    server.answer("/usage", 200, USAGE)
    assert packed.run(tmp_path, "usage", url=server.url) == [{"used": 3}]
    assert server.times[1] - server.times[0] >= 1
    assert server.times[2] - server.times[1] >= 1
    assert len(server.requests) == 4
    assert server.headers_of("authorization") == ["Bearer kvk"] * 4


def test_a_message_is_repeated_with_one_key(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    path = "/chatroom/3/message"
    server.cut(path)
    server.refuse(path, 409, "idempotency_in_flight")
    server.refuse(path, 503, "service_unavailable", Retry_After="1")
    server.answer(path, 202, message())
    server.answer(STREAM, 200, start() + deltas("A wind.") + DONE)
    server.answer(MESSAGE, 200, message())
    lines = packed.run(tmp_path, "send", 3, "Hello", url=server.url)
    assert lines == [{"type": "delta", "text": "A wind."}, END]
    keys = server.headers_of("idempotency-key")[:4]
    assert keys[0]
    assert keys == [keys[0]] * 4


def test_what_may_be_done_twice_is_not_repeated(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.refuse("/chatroom", 503, "service_unavailable", Retry_After="1")
    refused = {"status": 503, "code": "service_unavailable", "id": "r-1", "after": 1}
    assert packed.run(tmp_path, "room", url=server.url) == [{"refused": "Unavailable", **refused}]
    assert len(server.requests) == 1


def test_a_cut_write_is_not_repeated(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.cut("/chatroom")
    assert packed.run(tmp_path, "room", url=server.url) == [{"unreachable": True}]
    assert len(server.requests) == 1


def test_a_wait_beyond_all_patience_is_an_error(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.refuse("/usage", 429, "too_many_requests", Retry_After="10")
    server.answer("/usage", 200, USAGE)
    refused = {"status": 429, "code": "too_many_requests", "id": "r-1", "after": 10}
    assert packed.run(tmp_path, "usage", url=server.url, patience=9) == [{"refused": "TooManyRequests", **refused}]
    assert len(server.requests) == 1


def test_the_errors_of_a_proxy_have_no_code(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.answer("/usage", 403, "<html>")
    [said] = packed.run(tmp_path, "usage", url=server.url)
    assert said == {"refused": "NotAllowed", "status": 403, "code": "", "id": "", "after": None}


def test_an_expired_token_is_renewed(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.refuse("/usage", 401, "token_expired")
    server.answer("/usage", 200, USAGE)
    said = packed.run(tmp_path, "usage", url=server.url, key="old", KUVAKA_NEXT_TOKEN="new")
    assert said == [{"type": "refreshed"}, {"used": 3}]
    assert server.headers_of("authorization") == ["Bearer old", "Bearer new"]


def test_a_stream_goes_on_after_its_last_event(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.answer(STREAM, 200, start() + deltas("A "))  # and the connection breaks
    server.answer(STREAM, 200, ": ping\n\n" + block("error", {"code": "stream_unavailable", "final": False}))
    server.refuse(STREAM, 401, "ticket_invalid")
    server.answer(STREAM, 200, deltas("win", first=3))
    server.answer(STREAM, 200, deltas("d.", first=4) + block("later", {"x": 1}, 5) + DONE)
    server.answer(MESSAGE, 200, message())
    lines = packed.run(tmp_path, "stream", 7, url=server.url)
    assert lines == [*({"type": "delta", "text": text} for text in ("A ", "win", "d.")), END]
    asked = [path.partition("?after=")[2].replace("%3A", ":") for _, path, _ in server.requests]
    assert asked == ["", "8:1-2", "8:1-2", "8:1-2", "8:1-3", ""]


def test_a_text_that_is_sent_again_is_not_shown_again(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.answer(STREAM, 200, start() + deltas("A ", "wi"))
    server.answer(STREAM, 200, start(2) + deltas("A", " win", "d.", attempt=2) + DONE)
    server.answer(MESSAGE, 200, message())
    lines = packed.run(tmp_path, "stream", 7, url=server.url)
    assert lines == [*({"type": "delta", "text": text} for text in ("A ", "wi", "n", "d.")), END]


def test_another_text_is_told(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.answer(STREAM, 200, start() + deltas("A ", "bree"))
    server.answer(STREAM, 200, start(2) + deltas("A wi", "nd.", attempt=2) + DONE)
    server.answer(MESSAGE, 200, message())
    restart = [{"type": "restart"}, {"type": "delta", "text": "A wi"}, {"type": "delta", "text": "nd."}]
    lines = packed.run(tmp_path, "stream", 7, url=server.url)
    assert lines == [{"type": "delta", "text": "A "}, {"type": "delta", "text": "bree"}, *restart, END]


def test_what_the_stream_has_lost_is_read_from_the_message(
    packed: Packed, server: ScriptedServer, tmp_path: Path
) -> None:
    server.answer(STREAM, 200, start() + deltas("A "))
    server.answer(STREAM, 204, "")
    server.answer(MESSAGE, 200, message("generating", None))
    server.answer(MESSAGE, 200, message())
    lines = packed.run(tmp_path, "stream", 7, url=server.url)
    assert lines == [{"type": "delta", "text": "A "}, {"type": "delta", "text": "wind."}, END]


def test_a_stream_ends_with_the_session(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    ended = block("error", {"code": "session_ended", "final": True})
    server.answer(STREAM, 200, start() + deltas("A ") + ended)
    server.answer(STREAM, 200, DONE)
    server.answer(MESSAGE, 200, message())
    *_, last = packed.run(tmp_path, "stream", 7, url=server.url)
    assert (last["refused"], last["status"], last["code"]) == ("NotSignedIn", 401, "session_ended")
    assert len(server.requests) == 1


def test_a_stream_that_cannot_be_opened_is_an_error(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.answer(STREAM, 200, start() + deltas("A "))
    server.cut(STREAM)
    *_, last = packed.run(tmp_path, "stream", 7, url=server.url, patience=2)
    assert last == {"unreachable": True}


def test_waiting_asks_again_where_streams_do_not_work(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.refuse(STREAM, 503, "stream_unavailable", Retry_After="1")
    server.answer(MESSAGE, 200, message("generating", None))
    server.refuse(MESSAGE, 503, "service_unavailable", Retry_After="1")
    server.answer(MESSAGE, 200, message())
    assert packed.run(tmp_path, "wait", 7, 60, url=server.url, patience=2) == [END]


def test_waiting_ends_in_time(packed: Packed, server: ScriptedServer, tmp_path: Path) -> None:
    server.answer(STREAM, 200, start())
    server.answer(MESSAGE, 200, message("generating", None))
    assert packed.run(tmp_path, "wait", 7, 2, url=server.url) == [{"late": True}]


def signed(*secrets: bytes, body: bytes, at: float) -> dict[str, str]:
    """The headers of the server's own webhooks."""
    return signing.headers(message_id="msg_1", timestamp=int(at), body=body, secrets=secrets)


def test_a_webhook_is_verified_and_a_forged_one_refused(packed: Packed, tmp_path: Path) -> None:
    event = {"type": "reply.done", "timestamp": "2026-11-30T08:15:30.123Z", "data": {"user_id": 1, "message_id": 7}}
    body, now = json.dumps(event).encode(), time.time()
    old, new = b"o" * 32, b"n" * 32
    both, changed = signed(new, old, body=body, at=now), body.replace(b"7", b"8")
    by_old = signed(old, body=body, at=now)
    cases: list[tuple[bytes, dict[str, str], list[bytes]]] = [
        *((body, both, [old]), (body, both, [new]), (body, by_old, [new, old])),  # while a secret is rotated
        *((body, by_old, [new]), (changed, both, [old, new]), (body, signed(old, body=body, at=now - 600), [old])),
        *((body, {**both, "webhook-signature": "v1"}, [old]), (body, {}, [old]), (b"{", both, [old])),
    ]
    given = [
        {"body": text.decode(), "headers": headers, "secrets": [secret_text(each) for each in secrets]}
        for text, headers, secrets in cases
    ]
    said = packed.run(tmp_path, "verify", json.dumps(given), url="http://127.0.0.1:1")
    assert said == [{"event": event}] * 3 + [{"forged": True}] * 6


def secret_text(secret: bytes) -> str:
    return f"whsec_{base64.b64encode(secret).decode()}"
