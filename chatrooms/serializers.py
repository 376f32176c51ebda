"""Rooms and messages as JSON."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chatrooms.attachments.serializers import AttachedFileSerializer, FileIdsSerializer, FilesOfMessageSerializer
from chatrooms.long_poll import MAX_WAIT
from chatrooms.models import MAX_CONTENT, READABLE, UNFINISHED, Chatroom, Message, RoomThinking, Status
from chatrooms.replies.json_replies import InvalidSchema, validate_schema
from chatrooms.reply_serializers import ReplySerializer
from chatrooms.search import snippet_of
from chatrooms.tickets import Ticket
from config.http.fields import TextField
from config.text import MAX_MARKS, Marks, shows_nothing


class MessageSerializer(FilesOfMessageSerializer, serializers.ModelSerializer[Message]):
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
            "edited_at",
            "files",
            "gemini_response",
            "reply",
            "stream_url",
        )
        read_only_fields = fields

    def get_gemini_response(self, message: Message) -> str | None:
        """The reply's text; null until there is one."""
        return message.reply.content if message.reply.status in READABLE else None

    @extend_schema_field(
        serializers.URLField(
            allow_null=True,
            help_text="Streams the reply; valid for five minutes. Null once the reply is final.",
        )
    )
    def get_stream_url(self, message: Message) -> str | None:
        bearer = self.context.get("bearer")
        if bearer is None or message.reply.status not in UNFINISHED:
            return None
        ticket = Ticket(reply_id=message.reply.pk, bearer_id=bearer.pk)
        return f"{settings.STREAM_ORIGIN}/message/{message.pk}/stream?ticket={ticket}"


class WaitSerializer(serializers.Serializer[Any]):
    """`?wait=`."""

    wait = serializers.FloatField(
        min_value=0,
        max_value=MAX_WAIT,
        default=0,
        help_text="Seconds to wait for the reply to be final before the response is sent. If too many other requests "
        "wait, the response comes at once.",
    )


class SearchSerializer(serializers.Serializer[Any]):
    """The search parameters."""

    q = serializers.CharField(max_length=200)
    chatroom = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class FoundSerializer(serializers.ModelSerializer[Message]):
    """A match: a message of the user, or a reply to one."""

    message_id = serializers.SerializerMethodField()
    chatroom_id = serializers.IntegerField(source="room_id", read_only=True)
    chatroom_name = serializers.CharField(source="room.name", read_only=True)
    snippet = serializers.SerializerMethodField()
    highlights = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ("message_id", "chatroom_id", "chatroom_name", "role", "snippet", "highlights", "created_at")
        read_only_fields = fields

    def to_representation(self, message: Message) -> dict[str, Any]:
        """Cut the snippet once, for two fields."""
        self._snippet = snippet_of(message, query=self.context["query"])
        return super().to_representation(message)

    def get_message_id(self, message: Message) -> int:
        """The id of the user's message, for a reply too."""
        return message.answers_id or message.pk

    def get_snippet(self, message: Message) -> str:
        """A part of the text, unchanged."""
        return self._snippet.text

    @extend_schema_field({"type": "array", "items": {"type": "array", "items": {"type": "integer"}}})
    def get_highlights(self, message: Message) -> list[tuple[int, int]]:
        """The matches in the snippet: start and end, in characters."""
        return self._snippet.highlights


class ExportSerializer(serializers.Serializer[Any]):
    """`?format=`."""

    format = serializers.ChoiceField(
        choices=("json", "markdown"), default="json", help_text="`markdown` is a text to read."
    )


class ExportedMessageSerializer(serializers.Serializer[Any]):
    """A message in an export, with its current reply."""

    id = serializers.IntegerField()
    content = serializers.CharField()
    created_at = serializers.DateTimeField()
    files = AttachedFileSerializer(many=True)
    answer = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    model = serializers.CharField(allow_null=True)


class ExportedRoomSerializer(serializers.Serializer[Any]):
    """A room with all its messages, oldest first."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    system_instruction = serializers.CharField()
    model = serializers.CharField()
    temperature = serializers.FloatField(allow_null=True)
    messages = ExportedMessageSerializer(many=True)


class NewMessageSerializer(serializers.Serializer[Any]):
    """A message to send."""

    never_partial = True
    """PATCH requires the content as well."""

    content = TextField(max_length=MAX_CONTENT, trim_whitespace=False)

    def validate_content(self, content: str) -> str:
        """Refuse text that is invisible or takes too long to render; keep everything else as it was typed."""
        if shows_nothing(content):
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        if Marks().too_many_in(content):
            raise serializers.ValidationError(f"At most {MAX_MARKS} combining marks in a row.", code="too_many_marks")
        return content


class MessageWithFilesSerializer(FileIdsSerializer, NewMessageSerializer):
    """A message to send, and the files to attach to it."""


class StrictFloatField(serializers.FloatField):
    """Refuses `true` and `false`, which are numbers in Python."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object; what it may hold is the serializer's concern."""


class RoomSerializer(serializers.ModelSerializer[Chatroom]):
    """A room, and the fields that its owner can change."""

    user_id = serializers.IntegerField(read_only=True)
    messages = serializers.SerializerMethodField()
    name = TextField(max_length=120, required=False)
    system_instruction = TextField(max_length=4_000, required=False, allow_blank=True)
    model = TextField(
        max_length=80, required=False, allow_blank=True, help_text="One of your tier's models; empty for its first."
    )
    temperature = StrictFloatField(
        min_value=0, max_value=2, required=False, allow_null=True, help_text="0 to 2; null for the model's default."
    )

    thinking = serializers.ChoiceField(
        choices=RoomThinking.choices,
        required=False,
        allow_blank=True,
        help_text="How much the model thinks, as far as it can be told; empty leaves it to the model.",
    )
    show_thoughts = serializers.BooleanField(
        required=False, help_text="Whether replies come with a summary of the model's thoughts."
    )
    search = serializers.BooleanField(required=False, help_text="Whether the model may search with Google.")
    response_schema = ObjectField(
        required=False, allow_null=True, help_text="A JSON schema: replies are then JSON that matches it."
    )

    class Meta:
        model = Chatroom
        fields = (
            "id",
            "user_id",
            "name",
            "pinned",
            "archived",
            "system_instruction",
            "model",
            "temperature",
            "thinking",
            "show_thoughts",
            "search",
            "response_schema",
            "created_at",
            "updated_at",
            "messages",
        )
        read_only_fields = ("id", "created_at", "updated_at")

    @extend_schema_field({"type": "array", "items": {}, "maxItems": 0})
    def get_messages(self, room: Chatroom) -> list[Any]:
        """Always empty here; `GET /chatroom/{id}` fills it. Clients of the first version read it in every room."""
        return []

    def validate_name(self, name: str) -> str:
        """Refuse an invisible name."""
        if shows_nothing(name):
            raise serializers.ValidationError("This field may not be blank.", code="blank")
        return name

    def validate_response_schema(self, schema: Any) -> Any:
        """Refuse what Gemini would refuse, and what would be dear to check."""
        try:
            if schema is not None:
                validate_schema(schema)
        except InvalidSchema as error:
            raise serializers.ValidationError(str(error), code="invalid_schema") from None
        return schema


class RoomWithMessagesSerializer(RoomSerializer):
    """A room with its newest messages, oldest first."""

    messages = MessageSerializer(many=True, read_only=True)  # type: ignore[assignment]


class DeletedSerializer(serializers.Serializer[Any]):
    """How many were deleted."""

    deleted = serializers.IntegerField()
