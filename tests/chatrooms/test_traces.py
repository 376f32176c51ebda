"""The traces of calls to the model, and of tasks that are published again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models.functions import Now
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from pytest_django import Settings

from chatrooms.models import Chatroom, Message, NameSource, Reply
from chatrooms.replies import reaper
from chatrooms.tasks import generate_reply, name_room
from config.observability import tracing
from tests.chatrooms.conftest import reply_of
from tests.config.spans import Kept
from tests.doubles.gemini import GeminiDouble

pytestmark = pytest.mark.django_db
CANARY = "canary-of-the-user"


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[Any]]]:
    """Turn tracing on; the spans that have ended so far."""
    kept = Kept()
    monkeypatch.setattr(tracing, "_tracer", None)
    tracing.export_to(kept, process="test")
    processor = tracing._tracer.span_processor  # type: ignore[union-attr]

    def flush() -> list[Any]:
        processor.force_flush()
        return kept.spans

    yield flush
    processor.shutdown()


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)


@pytest.fixture
def gemini(settings: Settings) -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        settings.GEMINI_CLIENT, settings.GEMINI_API_KEY = "google-genai", "a-key-for-the-double"
        settings.GEMINI_BASE_URL, settings.GEMINI_MODEL = double.base_url, "gemini-flash-latest"
        yield double


def answered(send: Callable[..., Message], room: Chatroom, ended: Callable[[], list[Any]]) -> tuple[Any, Reply]:
    """Generate the reply to a message; the span of the call, and the reply."""
    message = send(room, CANARY)
    generate_reply(reply_of(message).pk)
    [call] = [span for span in ended() if span.name.startswith("chat")]
    assert CANARY not in call.to_json()
    return call, reply_of(message)


def test_a_span_has_model_tokens_and_end_but_no_text(
    room: Chatroom, send: Callable[..., Message], ended: Callable[[], list[Any]], gemini: GeminiDouble
) -> None:
    call, reply = answered(send, room, ended)
    assert (call.name, call.kind) == ("chat gemini-flash-latest", SpanKind.CLIENT)
    assert call.status.is_ok
    assert dict(call.attributes) == {
        "reply_id": reply.pk,
        "attempt": 1,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gemini",
        "gen_ai.request.model": "gemini-flash-latest",
        "gen_ai.response.model": reply.model,
        "gen_ai.usage.input_tokens": reply.prompt_tokens,
        "gen_ai.usage.output_tokens": reply.output_tokens,
        "gen_ai.response.finish_reasons": ("stop",),
    }
    assert reply.prompt_tokens
    assert reply.output_tokens


def test_the_span_of_a_refused_call_has_the_error_and_no_model(
    room: Chatroom, send: Callable[..., Message], ended: Callable[[], list[Any]], gemini: GeminiDouble
) -> None:
    gemini.default(error=400)
    call, _ = answered(send, room, ended)
    assert not call.status.is_ok
    assert call.attributes["error.type"] == "BadRequest"
    assert {"gen_ai.response.model", "gen_ai.response.finish_reasons"} & set(call.attributes) == set()


def test_the_span_of_a_blocked_reply_has_the_vendors_reason(
    room: Chatroom, send: Callable[..., Message], ended: Callable[[], list[Any]], gemini: GeminiDouble
) -> None:
    gemini.default(finish="SAFETY", after=1)
    call, _ = answered(send, room, ended)
    assert call.attributes["error.type"] == "Blocked"
    assert call.attributes["gen_ai.response.finish_reasons"] == ("safety",)


def test_the_stand_in_is_not_reported_as_gemini(
    room: Chatroom, send: Callable[..., Message], ended: Callable[[], list[Any]], settings: Settings
) -> None:
    settings.GEMINI_CLIENT = "stand-in"
    call, _ = answered(send, room, ended)
    assert (call.attributes["gen_ai.provider.name"], call.attributes["gen_ai.response.model"]) == ("stand-in",) * 2


def test_a_call_for_a_title_has_a_span_too(
    send: Callable[..., Message], room: Chatroom, ended: Callable[[], list[Any]], settings: Settings
) -> None:
    settings.GEMINI_CLIENT = "stand-in"
    answered(send, room, ended)
    Chatroom.objects.filter(pk=room.pk).update(name_source=NameSource.DEFAULT)
    name_room(room.pk)
    call = ended()[-1]
    assert (call.name.partition(" ")[0], call.attributes["room_id"]) == ("chat", room.pk)


def test_a_task_that_the_reaper_publishes_starts_a_new_trace(
    room: Chatroom,
    send: Callable[..., Message],
    ended: Callable[[], list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(
        "chatrooms.replies.publishing.publish", lambda *_: seen.append(trace.get_current_span().is_recording()) or True
    )
    send(room)
    Reply.objects.update(publish_at=Now())
    with tracing.span("a sweep", {}):
        reaper.reap()
    assert seen == [False]
