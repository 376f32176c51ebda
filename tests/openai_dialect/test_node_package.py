"""The unmodified `openai` package for Node.js with an API key: tests/ui_stream/openai.mjs has its tours."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import node
from tests.api_user import ApiUser
from tests.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.needs_node, pytest.mark.timeout(900)]

MODEL = "gemini-flash-latest"
TEXT = " ".join(f"word{number} \u0939\u093f \U0001f600" for number in range(40))
SCOPES = ["messages:write", "rooms:read", "rooms:write"]
DELTA = "response.output_text.delta"


@contextmanager
def touring(stack: Stack, user: ApiUser, name: str) -> Iterator[tuple[Callable[[], Any], Callable[[], None]]]:
    """A tour that runs: what returns its next line, and what lets it go on."""
    made = user.call("POST", "/api-keys", json={"name": "Program", "scopes": SCOPES})
    assert made.status_code == 201, made.text
    variables = {"OPENAI_BASE_URL": f"{stack.url}/v1", "OPENAI_API_KEY": made.json()["key"], "MODEL": MODEL}
    with subprocess.Popen(
        [node.node(), "openai.mjs", name],
        cwd=node.openai_package(),
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines, answers = process.stdout, process.stdin
        try:
            yield (lambda: json.loads(lines.readline()), lambda: print(file=answers, flush=True))
            assert (lines.read(), process.wait()) == ("", 0)
        finally:
            process.kill()


def tour(stack: Stack, user: ApiUser, name: str) -> Any:
    """What a tour has found."""
    with touring(stack, user, name) as (line, _):
        return line()


@pytest.fixture
def alice(stack: Stack) -> ApiUser:
    return stack.sign_up()


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == DELTA)


def stored(stack: Stack, user: ApiUser, what: str = "content") -> list[tuple[Any, ...]]:
    return stack.sql(
        f"SELECT {what} FROM chatrooms_message WHERE user_id = %s AND role = 'assistant' ORDER BY id", user.id
    )


def test_it_lists_models(stack: Stack, alice: ApiUser) -> None:
    found = tour(stack, alice, "models")
    assert found["one"] == found["ids"][0] == MODEL


def test_completions_are_the_stored_texts(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=8, delay=0.02)
    found = tour(stack, alice, "chat")
    rows = stored(stack, alice, "content, prompt_tokens, output_tokens")
    assert [text for text, *_ in rows] == [TEXT] * 3
    *counted, last = found["counted"]
    for chunks in (found["chunks"], counted):
        assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == TEXT
        assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
        assert len(chunks) >= 3, "the role, the text, which is whole if the reply was over first, and the end"
    assert found["whole"]["choices"][0]["message"]["content"] == TEXT
    assert last["choices"] == []
    for usage, (_, prompt, output) in ((found["whole"]["usage"], rows[0]), (last["usage"], rows[2])):
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (prompt, output)


def test_responses_are_the_stored_texts(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=8, delay=0.02)
    found = tour(stack, alice, "responses")
    whole, again = found["whole"], found["again"]
    assert (whole["status"], found["text"], whole["instructions"]) == ("completed", TEXT, "Be brief.")
    assert again == whole
    assert found["next"]["previous_response_id"] == whole["id"]
    assert (found["gone"]["kind"], found["gone"]["status"]) == ("NotFoundError", 404)
    assert text_of(found["events"]) == found["events"][-1]["response"]["output"][0]["content"][0]["text"] == TEXT
    assert [text for (text,) in stored(stack, alice)] == [TEXT] * 2, "the one between was deleted"


def test_a_response_is_resumed_after_each_event(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=6, delay=0.02)
    found = tour(stack, alice, "resumed")
    assert text_of(found["events"]) == TEXT
    for number, rest in enumerate(found["rests"], start=1):
        assert text_of(found["events"][:number]) + rest["text"] == TEXT
    assert found["rests"][-2]["types"] == ["response.completed"]
    assert found["rests"][-1]["types"] == []


def test_a_response_in_the_background_is_polled(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=4, delay=0.2)
    found = tour(stack, alice, "background")
    assert found["begun"] in ("queued", "in_progress")
    assert (found["ended"], found["text"]) == ("completed", TEXT)


def test_a_cancelled_response_ends_with_its_text(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(text=TEXT, chunks=40, hold=8)
    found = tour(stack, alice, "cancelled")
    [(status, text)] = stored(stack, alice, "status, content")
    assert (status, found["shown"], found["last"]["response"]["status"]) == ("stopped", "cancelled", "cancelled")
    assert 0 < len(text) < len(TEXT)
    assert found["received"] == text == found["last"]["response"]["output"][0]["content"][0]["text"]


def test_refusals_are_its_typed_exceptions(stack: Stack, alice: ApiUser) -> None:
    assert tour(stack, alice, "refused") == [
        {"kind": "BadRequestError", "status": 400, "code": "invalid_parameter", "param": "top_p"},
        {"kind": "BadRequestError", "status": 400, "code": "invalid_parameter", "param": "n"},
        {"kind": "NotFoundError", "status": 404, "code": "model_not_found", "param": "model"},
        {"kind": "NotFoundError", "status": 404, "code": "not_found", "param": None},
        {"kind": "AuthenticationError", "status": 401, "code": "invalid_api_key", "param": None},
    ]
    assert stored(stack, alice) == []
    assert alice.call("GET", "/usage").json()["used"] == 0


def test_a_failed_reply_is_its_typed_exception(stack: Stack, alice: ApiUser) -> None:
    stack.double.default(block="SAFETY")
    found = tour(stack, alice, "failed")
    for name in ("completion", "response"):
        assert (found[name]["kind"], found[name]["status"], found[name]["code"]) == (
            *("BadRequestError", 400, "content_filter"),
        )
    assert (found["streamed"]["kind"], found["streamed"]["code"]) == ("APIError", "content_filter")
    assert (found["last"]["type"], found["last"]["response"]["error"]["code"]) == ("response.failed", "invalid_prompt")
    assert alice.call("GET", "/usage").json()["used"] == 0


def test_too_many_replies_are_a_rate_limit(stack: Stack, alice: ApiUser) -> None:
    stack.set_tier(waiting_replies=1)
    stack.double.default(text=TEXT, hold=0)
    found = tour(stack, alice, "limited")
    stack.set_tier(waiting_replies=50)
    assert (found["kind"], found["status"]) == ("RateLimitError", 429)


@pytest.mark.parametrize(
    ("name", "redis_is_emptied"), [("chatKilled", False), pytest.param("killed", True, marks=pytest.mark.faults)]
)
def test_a_killed_worker_changes_no_text(breakable: Stack, name: str, redis_is_emptied: bool) -> None:
    """The response's client loses its connection as well, and what Redis had: it goes on by its last event's number."""
    stack = breakable
    alice = stack.sign_up()
    stack.double.script({"text": TEXT, "chunks": 40, "hold": 8})
    stack.double.default(text=TEXT, chunks=40, delay=0.1)
    with touring(stack, alice, name) as (line, go_on):
        assert line() == "in mid-answer"
        stack.kill("worker")
        if redis_is_emptied:
            stack.redis.empty()
        stack.start("worker")
        go_on()
        found = line()
    assert stored(stack, alice, "status, content, attempt") == [("done", TEXT, 2)]
    assert found["received"] == TEXT
    if "last" in found:
        assert found["last"]["response"]["output"][0]["content"][0]["text"] == TEXT
    assert alice.call("GET", "/usage").json()["used"] == 1
