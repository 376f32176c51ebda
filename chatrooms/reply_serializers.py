"""Replies as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chatrooms.exceptions import REPLY_ERRORS
from chatrooms.models import READABLE, Reply, Status
from chatrooms.replies.parts import PART_TYPES
from chatrooms.rows import retry_json
from gemini.types import FinishReason


class RetrySerializer(serializers.Serializer[Any]):
    """The next attempt at a reply."""

    code = serializers.ChoiceField(choices=REPLY_ERRORS, help_text="Why the last attempt failed.")
    at = serializers.DateTimeField(help_text="It is not made before.")


class PartSerializer(serializers.Serializer[Any]):
    """A part of a reply; which fields it has depends on its type. See docs/streaming.md."""

    type = serializers.ChoiceField(choices=PART_TYPES)
    start = serializers.IntegerField(
        required=False, help_text="`text`: its range in `gemini_response`, in code points."
    )
    end = serializers.IntegerField(required=False)
    text = serializers.CharField(required=False, help_text="`thought`, `code`, `code_result`: the text.")
    url = serializers.URLField(required=False, help_text="`source`: the page.")
    title = serializers.CharField(required=False, help_text="`source`: its title.")
    spans = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        required=False,
        help_text="`source`: the ranges of the text that rest on it, in code points.",
    )
    html = serializers.CharField(
        required=False, help_text="`search_suggestions`: Google's terms require to show it with the reply."
    )
    kind = serializers.CharField(required=False, help_text="`dropped`: what could not be kept.")
    count = serializers.IntegerField(required=False, help_text="`dropped`: how many.")


class ReplySerializer(serializers.ModelSerializer[Reply]):
    """The state of a reply, and the tokens that it cost."""

    status = serializers.ChoiceField(choices=Status.choices)
    model = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    finish_reason = serializers.SerializerMethodField()
    response_id = serializers.SerializerMethodField(help_text="The provider's name of the response.")
    service_tier = serializers.SerializerMethodField(help_text="The provider's service tier, if it names one.")
    retry = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField()

    class Meta:
        model = Reply
        fields = (
            "id",
            "status",
            "model",
            "error",
            "finish_reason",
            "prompt_tokens",
            "output_tokens",
            "tokens_estimated",
            "cached_tokens",
            "tool_tokens",
            "thought_tokens",
            "response_id",
            "service_tier",
            "retry",
            "started_at",
            "finished_at",
            "parts",
        )
        read_only_fields = fields

    def get_model(self, reply: Reply) -> str | None:
        return reply.model or None

    @extend_schema_field(
        serializers.ChoiceField(choices=REPLY_ERRORS, allow_null=True, help_text="Why it failed; see docs/errors.md.")
    )
    def get_error(self, reply: Reply) -> str | None:
        """Why it failed: one of the codes of docs/errors.md."""
        return reply.error or None

    @extend_schema_field(
        serializers.ChoiceField(
            choices=[each.value for each in FinishReason],
            allow_null=True,
            help_text="`max_tokens` for a reply that was cut off at the tier's limit; null unless it is done.",
        )
    )
    def get_finish_reason(self, reply: Reply) -> str | None:
        """`stop`, or `max_tokens` for a reply that was cut off at the tier's limit."""
        return reply.finish_reason or None

    def get_response_id(self, reply: Reply) -> str | None:
        return reply.response_id or None

    def get_service_tier(self, reply: Reply) -> str | None:
        return reply.service_tier or None

    @extend_schema_field(RetrySerializer(allow_null=True))
    def get_retry(self, reply: Reply) -> dict[str, Any] | None:
        """While a failed attempt is to be repeated: why, and not before when."""
        return retry_json(code=reply.retry_code, at=reply.next_attempt_at)

    @extend_schema_field(PartSerializer(many=True, allow_null=True))
    def get_parts(self, reply: Reply) -> list[dict[str, Any]] | None:
        """What the reply holds besides its text, in order; null for a text alone."""
        return reply.parts if reply.status in READABLE else None


class EarlierReplySerializer(ReplySerializer):
    """One of the replies to a message."""

    question = serializers.SerializerMethodField()
    content = serializers.SerializerMethodField()

    class Meta(ReplySerializer.Meta):
        fields = (*ReplySerializer.Meta.fields, "is_current", "question", "content", "created_at")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_question(self, reply: Reply) -> str:
        """What it replies to: the text that the message had then."""
        return reply.revision.content if reply.revision else reply.question.content

    def get_content(self, reply: Reply) -> str | None:
        """Its text; null until there is one."""
        return reply.content if reply.status in READABLE else None
