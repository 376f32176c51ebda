"""What a reply holds besides its text: kept in order, shown, streamed, and never taken for the text."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from chatrooms import conversation, redis_stream
from chatrooms.models import Chatroom, Message, Reply
from chatrooms.replies import lifecycle, stopping
from chatrooms.replies.json_replies import InvalidSchema, validate_schema
from chatrooms.replies.parts import MAX_PARTS, MAX_TEXT, clipped
from chatrooms.tasks import generate_reply
from gemini.types import UNKNOWN_USAGE
from tests.chatrooms.conftest import reply_of
from tests.doubles.gemini.client import GeminiDouble

pytestmark = pytest.mark.django_db

TEXT = "गंगा लंबी है। 👍"
URL = "https://example.com/ganga"
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.fixture(scope="module")
def running() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture
def double(running: GeminiDouble, settings: Any, monkeypatch: pytest.MonkeyPatch) -> GeminiDouble:
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    settings.GEMINI_CLIENT, settings.GEMINI_API_KEY = "google-genai", "a-key"
    settings.GEMINI_BASE_URL = running.base_url
    running.reset()
    return running


@pytest.fixture
def ask(client: APIClient, room: Chatroom, send: Callable[..., Message]) -> Callable[[], dict[str, Any]]:
    def run() -> dict[str, Any]:
        message = send(room)
        generate_reply(reply_of(message).pk)
        shown: dict[str, Any] = client.get(f"/message/{message.pk}").json()
        return shown

    return run


def streamed() -> list[tuple[str, dict[str, Any]]]:
    """What the last reply's stream holds."""
    reply = Reply.objects.latest("pk")
    entries = redis_stream._redis().xrange(f"live:{reply.pk}")
    return [(fields["event"], json.loads(fields["data"])) for _, fields in entries]


def set_room(client: APIClient, room: Chatroom, **fields: Any) -> None:
    assert client.patch(f"/chatroom/{room.pk}", fields, format="json").status_code == 200
    room.refresh_from_db()


def test_thoughts_and_sources_come_if_the_room_asks_for_them(
    client: APIClient, room: Chatroom, double: GeminiDouble, ask: Callable[[], dict[str, Any]]
) -> None:
    double.default(
        text=TEXT,
        chunks=2,
        show_thoughts="Rivers.",
        ground=[[URL, 0, len("गंगा".encode())]],
        thoughts=50,
        service_tier="priority",
    )
    set_room(client, room, thinking="high", show_thoughts=True, search=True)

    shown = ask()

    assert (shown["gemini_response"], shown["reply"]["thought_tokens"]) == (TEXT, 50)
    assert (shown["reply"]["response_id"], shown["reply"]["service_tier"]) == ("double-response", "priority")
    assert shown["reply"]["parts"] == [
        {"type": "thought", "text": "Rivers."},
        {"type": "text", "start": 0, "end": len(TEXT)},
        {"type": "source", "url": URL, "title": "Page 0", "spans": [[0, 4]]},
        {"type": "search_suggestions", "html": "<div>Suggestions</div>"},
    ]
    (call,) = double.calls()
    assert call["generation_config"]["thinkingConfig"] == {"includeThoughts": True, "thinkingLevel": "HIGH"}
    assert [event for event, _ in streamed()] == [
        *("start", "thought", "delta", "delta", "source", "search_suggestions"),
    ]


def test_a_room_that_asks_for_nothing_gets_text_alone(double: GeminiDouble, ask: Callable[[], dict[str, Any]]) -> None:
    double.default(text=TEXT, show_thoughts="Rivers.", ground=[[URL, 0, 1]])
    assert (ask()["reply"]["parts"], {event for event, _ in streamed()}) == (None, {"start", "delta"})


def test_thoughts_are_in_no_later_prompt_search_or_plain_export(
    client: APIClient, room: Chatroom, double: GeminiDouble, ask: Callable[[], dict[str, Any]]
) -> None:
    double.default(text="Four.", show_thoughts="Zebrafish")
    set_room(client, room, show_thoughts=True)
    ask()
    ask()
    assert "Zebrafish" not in json.dumps(double.calls()[-1]["contents"])
    assert client.get("/search", {"q": "Zebrafish"}).json() == []
    assert "Zebrafish" not in b"".join(client.get(f"/chatroom/{room.pk}/export?format=markdown")).decode()


def test_what_cannot_be_kept_is_counted_and_named(double: GeminiDouble, ask: Callable[[], dict[str, Any]]) -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    double.default(text="Look.", chunks=1, parts=[picture, picture])
    assert ask()["reply"]["parts"][1:] == [{"type": "dropped", "kind": "inline_data", "count": 2}]


def test_sources_and_suggestions_that_cannot_be_kept_are_named(
    client: APIClient, room: Chatroom, double: GeminiDouble, ask: Callable[[], dict[str, Any]], monkeypatch: Any
) -> None:
    monkeypatch.setattr("chatrooms.replies.parts.MAX_SUGGESTIONS", 10)
    set_room(client, room, search=True)
    double.default(text="Four.", chunks=1, ground=[["javascript:alert(1)", 0, 4], [URL, 0, 4]])
    assert [part for part in ask()["reply"]["parts"] if part["type"] not in ("text", "source")] == [
        {"type": "dropped", "kind": "source", "count": 1},
        {"type": "dropped", "kind": "search_suggestions", "count": 1},
    ]


def test_code_that_google_ran_is_kept_with_its_result(double: GeminiDouble, ask: Callable[[], dict[str, Any]]) -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "print(2 + 2)"}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "4"}}
    double.default(text="Four.", chunks=1, parts=[code, result])
    assert ask()["reply"]["parts"] == [
        {"type": "text", "start": 0, "end": 5},
        {"type": "code", "text": "print(2 + 2)"},
        {"type": "code_result", "text": "4"},
    ]


def test_a_reply_in_json_matches_the_rooms_schema(
    client: APIClient, room: Chatroom, double: GeminiDouble, ask: Callable[[], dict[str, Any]]
) -> None:
    double.default(text='{"name": "Ganga"}')
    set_room(client, room, response_schema=SCHEMA)
    assert ask()["gemini_response"] == '{"name": "Ganga"}'
    config = double.calls()[0]["generation_config"]
    assert (config["responseMimeType"], config["responseJsonSchema"]) == ("application/json", SCHEMA)


def test_a_reply_that_does_not_match_is_repeated_once(
    client: APIClient,
    room: Chatroom,
    double: GeminiDouble,
    ask: Callable[[], dict[str, Any]],
    settings: Any,
) -> None:
    """It is refunded as a stop is: the user may have read it while it came."""
    settings.STOPPED_UNITS_PER_DAY = 2
    double.default(text='{"nam')
    set_room(client, room, response_schema=SCHEMA)
    for number in range(3):
        assert ask()["reply"]["status"] == "queued"
        reply_id = Reply.objects.latest("pk").pk
        for _ in range(2):
            Reply.objects.filter(pk=reply_id).update(next_attempt_at="2026-01-01T00:00:00Z")
            generate_reply(reply_id)
        reply = Reply.objects.get(pk=reply_id)
        assert (reply.status, reply.error) == ("failed", "schema_mismatch")
        assert len(double.calls()) == 2 * (number + 1)
        assert client.get("/usage").json()["used"] == max(0, number - 1)


def test_json_that_was_cut_off_is_not_asked_for_again(
    client: APIClient, room: Chatroom, double: GeminiDouble, ask: Callable[[], dict[str, Any]]
) -> None:
    double.default(text='{"name": "Gan', finish="MAX_TOKENS")
    set_room(client, room, response_schema=SCHEMA)
    shown = ask()["reply"]
    assert (shown["status"], shown["error"], len(double.calls())) == ("failed", "schema_mismatch", 1)


def test_thoughts_of_a_call_that_led_to_nothing_are_dropped(
    client: APIClient, room: Chatroom, double: GeminiDouble, ask: Callable[[], dict[str, Any]], settings: Any
) -> None:
    settings.GEMINI_MODEL = "gemini-3.6-flash"
    first = [[URL, 0, 3], ["https://example.com/other", 0, 3]]
    double.script(
        {"finish": "MAX_TOKENS", "after": 0, "show_thoughts": "In vain.", "ground": first},
        {"text": "Four.", "chunks": 1, "show_thoughts": "Briefly.", "ground": [["https://example.com/right", 0, 4]]},
    )
    set_room(client, room, show_thoughts=True, search=True)
    parts = ask()["reply"]["parts"]
    assert parts[0] == {"type": "thought", "text": "Briefly."}
    assert [part["url"] for part in parts if part["type"] == "source"] == ["https://example.com/right"]
    last_start = max(at for at, (event, _) in enumerate(streamed()) if event == "start")
    assert [data.get("text") for _, data in streamed()[last_start:][1:3]] == ["Briefly.", "Four."]


@pytest.mark.parametrize(
    "schema",
    [
        *([], "text", 1, True),
        {"type": "nothing"},
        {"$ref": "#"},
        {"type": "string", "pattern": "(a+)+$"},
        {"type": "object", "properties": {"a": {"patternProperties": {"(a+)+$": {}}}}},
        {"anyOf": [{"not": {}}]},
        {"description": "x" * 8_000},
        json.loads('{"items": ' * 11 + "{}" + "}" * 11),
        {"const": json.loads("[" * 500 + "]" * 500)},
        {"enum": list(range(51))},
        {"items": {"anyOf": [{"const": number} for number in range(51)]}},
        {"description": "\0"},
    ],
)
def test_a_schema_that_is_none_or_dear_to_check_is_refused(client: APIClient, room: Chatroom, schema: Any) -> None:
    with pytest.raises(InvalidSchema):
        validate_schema(schema)
    refused = client.patch(f"/chatroom/{room.pk}", {"response_schema": schema}, format="json")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "response_schema")
    room.refresh_from_db()
    assert room.response_schema is None


def test_a_schema_with_half_a_character_is_refused() -> None:
    with pytest.raises(InvalidSchema):
        validate_schema({"properties": {"a\ud83d": {}}})


@pytest.mark.parametrize("field", [{"thinking": "hugely"}, {"search": "perhaps"}, {"show_thoughts": 7}])
def test_unknown_settings_of_a_room_are_refused(client: APIClient, room: Chatroom, field: dict[str, Any]) -> None:
    assert client.patch(f"/chatroom/{room.pk}", field, format="json").status_code == 400


def test_the_parts_of_a_reply_are_bounded(double: GeminiDouble, ask: Callable[[], dict[str, Any]]) -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "x" * 3_000}}
    result = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "4"}}
    double.default(text="Four.", chunks=1, parts=[code, result] * 90)
    parts = ask()["reply"]["parts"]
    assert sum(len(part.get("text", "")) for part in parts) <= MAX_TEXT
    assert len(parts) <= MAX_PARTS + 1
    assert (parts[-1]["type"], parts[-1]["kind"]) == ("dropped", "piece")


def test_a_reply_stopped_before_its_text_shows_no_parts(room: Chatroom, send: Callable[..., Message]) -> None:
    message = send(room)
    reply, _ = lifecycle.claim(reply_id=reply_of(message).pk)  # type: ignore[misc]
    conversation.stop(user_id=room.user_id, message_id=message.pk)
    parts = [{"type": "thought", "text": "Hm."}, {"type": "text", "start": 0, "end": 9}]
    stopping.settle(reply=reply, text="", model="m", usage=UNKNOWN_USAGE, parts=parts)
    assert reply_of(message).parts is None
    assert clipped(parts, length=4) == [parts[0], {"type": "text", "start": 0, "end": 4}]


def test_a_call_costs_what_the_model_that_was_asked_for_costs(
    double: GeminiDouble, ask: Callable[[], dict[str, Any]], client: APIClient, settings: Any
) -> None:
    """The double reports a version that no catalogue has."""
    settings.GEMINI_MODEL = "gemini-2.5-flash-lite"
    reply = ask()["reply"]
    micros = round(reply["prompt_tokens"] * 0.1 + reply["output_tokens"] * 0.4)
    assert micros > 0
    assert client.get("/usage").json()["tokens"]["today"]["cost"] == f"0.{micros:06d}"
