"""The body of `POST /v1/ui/chat`: what the AI SDK's `DefaultChatTransport` sends."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chatrooms.openai import inline_files
from chatrooms.openai.errors import InvalidParameter
from chatrooms.openai.inline_files import InlineFile
from chatrooms.serializers import NewMessageSerializer
from chatrooms.ui_messages.chats import CHAT_ID, MAX_CHAT_ID
from config.http.fields import PatternField, TextField

MAX_UI_ID: Final = 255
"""Characters of a message's id at the client: as many as an Idempotency-Key may have."""

MAX_PARTS: Final = 100
"""Parts of a message: each is checked, and one that is wrong is an error of its own in the response."""

TEXT: Final = "text"
FILE: Final = "file"
SUBMIT: Final = "submit-message"
REGENERATE: Final = "regenerate-message"


@extend_schema_field(
    {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("type", "text", "url", "mediaType", "filename")},
        "required": ["type"],
        "additionalProperties": {},
    }
)
class PartField(serializers.DictField):
    """A part of a message. Which kinds there may be, `UserMessageSerializer` says."""


class PartsField(serializers.ListField):
    """The parts, counted before each of them is read."""

    child = PartField()

    def to_internal_value(self, data: Any) -> Any:
        """Return the parts."""
        if isinstance(data, list) and len(data) > MAX_PARTS:
            self.fail("max_length", max_length=MAX_PARTS)
        return super().to_internal_value(data)


class UserMessageSerializer(serializers.Serializer[Any]):
    """A message of the user's in the AI SDK's form (`UIMessage`)."""

    id = PatternField(r"^[ -~]+$", max_length=MAX_UI_ID, help_text="The idempotency key of the message, in its chat.")
    role = PatternField("^user$")
    parts = PartsField(max_length=MAX_PARTS, help_text="Of type `text`, or `file` with a data: URL.")


class LastMessageField(serializers.ListField):
    """Reads the last element alone: the room knows what was said before, and what a client claims of it is ignored."""

    child = UserMessageSerializer()

    def to_internal_value(self, data: Any) -> Any:
        """Return the last message."""
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not data:
            self.fail("empty")
        return self.child.run_validation(data[-1])


class UiChatSerializer(serializers.Serializer[Any]):
    """A turn of a chat; further fields are ignored."""

    id = PatternField(
        CHAT_ID,
        max_length=MAX_CHAT_ID,
        help_text="The id of a chatroom, or a name of your own for one, which is created with its first message.",
    )
    messages = LastMessageField(help_text="Only the last one counts, which has to be the user's.")
    trigger = serializers.ChoiceField(choices=[SUBMIT, REGENERATE], default=SUBMIT)
    messageId = TextField(  # noqa: N815  the SDK's name
        max_length=MAX_UI_ID,
        required=False,
        allow_null=True,
        help_text="The message to change, or the reply to write again.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take the text of a message to send. What would not reach the model is refused, not dropped."""
        message = attrs["messages"]
        content = ""
        files: tuple[InlineFile, ...] = ()
        if attrs["trigger"] == SUBMIT:
            if any(part.get("type") not in (TEXT, FILE) for part in message["parts"]):
                raise _wrong("Only parts of type text and file can be sent.", code="unsupported_part")
            texts = [_text_of(part) for part in message["parts"] if part["type"] == TEXT]
            files = tuple(_file_of(part) for part in message["parts"] if part["type"] == FILE)
            new = NewMessageSerializer(data={"content": "\n".join(texts)})
            if not new.is_valid():
                raise serializers.ValidationError({"messages": new.errors["content"]})
            content = new.validated_data["content"]
        return {
            "chat_id": attrs["id"],
            "trigger": attrs["trigger"],
            "message_id": message["id"],
            "target_id": attrs.get("messageId"),
            "content": content,
            "files": files,
        }


def _text_of(part: dict[str, Any]) -> str:
    text = part.get("text")
    if not isinstance(text, str):
        raise _wrong("A part of type text has a text.")
    return text


def _file_of(part: dict[str, Any]) -> InlineFile:
    url, name = part.get("url"), part.get("filename") or ""
    if not isinstance(url, str) or not isinstance(name, str):
        raise _wrong("A part of type file has a url.")
    try:
        return inline_files.of_url(url, name=name, param="messages")
    except InvalidParameter as problem:
        raise _wrong(problem.detail) from None


def _wrong(detail: str, *, code: str = "invalid") -> serializers.ValidationError:
    return serializers.ValidationError({"messages": detail}, code=code)
