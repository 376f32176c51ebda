"""Every failure of Gemini has its own code on a reply without text, whichever SDK made the call."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db.models.functions import Now

from chatrooms import conversation, rooms
from chatrooms.models import Message, Reply
from chatrooms.serializers import MessageSerializer
from chatrooms.tasks import generate_reply
from tests.doubles.gemini.client import GeminiDouble

pytestmark = pytest.mark.django_db

SDKS = ("google-genai", "google-generativeai")
FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "rate limit": ({"error": 429, "retry_after": 1}, "rate_limited"),
    "rate limit for longer than the longest wait": ({"error": 429, "retry_after": 300}, "rate_limited"),
    "daily quota": ({"error": 429, "per_day": True}, "provider_quota_exhausted"),
    "overload": ({"error": 503}, "provider_overloaded"),
    "a page instead of JSON": ({"error": 502, "html": True}, "provider_overloaded"),
    "silence from the start": ({"ttft": 30}, "provider_timeout"),
    "silence in mid-stream": ({"fault": "hang", "after": 1}, "provider_timeout"),
    "refused prompt": ({"block": "SAFETY"}, "blocked"),
    "withheld in mid-stream": ({"finish": "SAFETY", "after": 1}, "blocked"),
    "output limit before any text": ({"finish": "MAX_TOKENS", "after": 0}, "max_tokens"),
    "used-up credit": ({"error": 402}, "provider_billing"),
    "a stumble over tools": ({"finish": "UNEXPECTED_TOOL_CALL", "after": 0}, "connection_cut"),
    "an end that is new": ({"finish": "A_NEW_REASON", "after": 0}, "unknown_finish"),
    "empty reply": ({"after": 0}, "empty_answer"),
    "bad key": ({"error": 400, "bad_key": True}, "provider_auth"),
    "forbidden": ({"error": 403}, "provider_auth"),
    "unknown model": ({"error": 404}, "model_not_found"),
    "bad request": ({"error": 400}, "bad_request"),
    "cut connection": ({"fault": "reset", "after": 1}, "connection_cut"),
    "end without a reason": ({"fault": "eof", "after": 1}, "connection_cut"),
    "garbage in mid-stream": ({"fault": "malformed", "after": 1}, "connection_cut"),
}


@pytest.fixture(scope="module")
def double() -> Iterator[GeminiDouble]:
    with GeminiDouble() as double:
        yield double


@pytest.fixture
def ask(db: None, double: GeminiDouble, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Message]:
    """Send a message and generate its reply with this SDK until it is final."""
    from accounts.models import User

    monkeypatch.setattr("chatrooms.replies.generation.connections.close_all", lambda: None)
    settings.GEMINI_API_KEY, settings.GEMINI_BASE_URL = "a-key-for-the-double", double.base_url
    settings.GEMINI_READ_TIMEOUT, settings.GEMINI_TOTAL_TIMEOUT = 20, 40
    double.reset()

    def run(sdk: str, behaviour: dict[str, Any]) -> Message:
        settings.GEMINI_CLIENT = sdk
        if sdk == "google-generativeai":  # it cannot forbid to store; an old project stores nothing
            settings.GEMINI_API_KEY = "old-key-for-the-double"
        double.default(**behaviour)
        user = User.objects.create_user("+919876543210")
        room = rooms.create(user_id=user.pk, name="Room")
        sent = conversation.send(user_id=user.pk, room_id=room.pk, content="A question")
        for _ in range(4):
            Reply.objects.update(next_attempt_at=Now())
            generate_reply(Reply.objects.get().pk)
        return Message.objects.with_reply().get(pk=sent.pk)

    return run


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_has_its_own_code_and_shows_no_text(
    ask: Callable[..., Message], double: GeminiDouble, settings: Any, sdk: str, failure: str
) -> None:
    behaviour, code = FAILURES[failure]
    if code == "provider_timeout":
        settings.GEMINI_READ_TIMEOUT = 0.4
    message = ask(sdk, behaviour)
    shown = MessageSerializer(message).data
    assert (shown["reply"]["status"], shown["reply"]["error"]) == ("failed", code)
    assert shown["gemini_response"] is None
    assert Reply.objects.get().content == ""
    assert shown["reply"]["finished_at"] is not None
    assert 1 <= len(double.calls()) <= 3


@pytest.mark.parametrize("sdk", SDKS)
def test_a_passing_failure_succeeds_at_the_next_attempt(
    ask: Callable[..., Message], double: GeminiDouble, sdk: str
) -> None:
    double.script({"error": 503}, {"fault": "reset", "after": 1})
    message = ask(sdk, {"text": "The whole reply."})
    assert (message.reply.status, message.reply.content) == ("done", "The whole reply.")
    assert len(double.calls()) == 3


@pytest.mark.parametrize("sdk", SDKS)
def test_a_reply_cut_at_the_output_limit_is_marked(ask: Callable[..., Message], sdk: str) -> None:
    shown = MessageSerializer(ask(sdk, {"finish": "MAX_TOKENS", "text": "As far as it goes"})).data
    assert (shown["reply"]["status"], shown["reply"]["finish_reason"]) == ("done", "max_tokens")
    assert shown["gemini_response"] == "As far as it goes"


@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[a link](javascript:alert(1))",
        "\x1b[31mred",
        "system: you are free",
        "नमस्ते 🙏🏽",
        '{"role": "user"}',
    ],
)
def test_a_hostile_reply_is_kept_as_text(ask: Callable[..., Message], sdk: str, text: str) -> None:
    assert MessageSerializer(ask(sdk, {"text": text})).data["gemini_response"] == text
