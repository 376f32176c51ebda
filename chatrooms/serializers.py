"""Rooms and messages as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chatrooms.models import MAX_CONTENT, Chatroom, Message, Reply, Status

TEXT_SHOWN = (Status.DONE, Status.STOPPED)
"""Replies whose text is a text to read; a failed or unfinished one never shows a part of an answer."""


class ReplySerializer(serializers.ModelSerializer[Reply]):
    """How far the answer is, and what it cost."""

    status = serializers.ChoiceField(choices=Status.choices)
    model = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    finish_reason = serializers.SerializerMethodField()

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
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    def get_model(self, reply: Reply) -> str | None:
        """The model that answered."""
        return reply.model or None

    def get_error(self, reply: Reply) -> str | None:
        """Why it failed: one of the codes of docs/errors.md."""
        return reply.error or None

    def get_finish_reason(self, reply: Reply) -> str | None:
        """`stop`, or `max_tokens` for an answer that was cut off at the tier's limit."""
        return reply.finish_reason or None


class MessageSerializer(serializers.ModelSerializer[Message]):
    """What the user wrote, with the current reply folded in."""

    chatroom_id = serializers.IntegerField(source="room_id", read_only=True)
    user_id = serializers.IntegerField(read_only=True)
    gemini_response = serializers.SerializerMethodField()
    reply = ReplySerializer(read_only=True)
    stream_url = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = (
            "id",
            "chatroom_id",
            "user_id",
            "role",
            "content",
            "created_at",
            "gemini_response",
            "reply",
            "stream_url",
        )
        read_only_fields = fields

    def get_gemini_response(self, message: Message) -> str | None:
        """The answer's text; null while there is none."""
        return message.reply.content if message.reply.status in TEXT_SHOWN else None

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_stream_url(self, message: Message) -> None:
        """Where the answer can be read while it is written; null, since this version does not stream yet."""
        return


class NewMessageSerializer(serializers.Serializer[Any]):
    """A message to send."""

    content = serializers.CharField(max_length=MAX_CONTENT, trim_whitespace=False)

    def validate_content(self, content: str) -> str:
        """Refuse what is nothing but white space; keep everything else as it was typed."""
        if not content.strip():
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        return content


class RoomSerializer(serializers.ModelSerializer[Chatroom]):
    """A room, and the fields of it that its owner sets."""

    user_id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=120, required=False, default="New chat")
    system_instruction = serializers.CharField(max_length=4_000, required=False, allow_blank=True)

    class Meta:
        model = Chatroom
        fields = ("id", "user_id", "name", "system_instruction", "created_at", "updated_at")
        read_only_fields = ("id", "created_at", "updated_at")


class RoomWithMessagesSerializer(RoomSerializer):
    """A room with its newest messages, oldest first."""

    messages = MessageSerializer(many=True, read_only=True)

    class Meta(RoomSerializer.Meta):
        fields = (*RoomSerializer.Meta.fields, "messages")  # type: ignore[assignment]


class DeletedSerializer(serializers.Serializer[Any]):
    """How many were deleted."""

    deleted = serializers.IntegerField()
