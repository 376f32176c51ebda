"""What `POST /v1/chat/completions` takes, and what it means for a reply."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from chatrooms.openai import inline_files
from chatrooms.openai.errors import InvalidParameter
from chatrooms.openai.parameters import Messages, Parts, Strict, read
from chatrooms.openai.said import Attached, Said
from chatrooms.openai.wanted import THINKING, Effort, SchemaName, check_description, checked_schema
from chatrooms.replies.asked import Asked

NEUTRAL: Final[dict[str, tuple[Any, ...]]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "top_p": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "stop": ([],),
    "seed": (),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "parallel_tool_calls": (True, False),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "store": (False,),
    "service_tier": ("auto", "default"),
    "verbosity": ("medium",),
    "web_search_options": (),
    "moderation": (),
}
"""Of the parameters that are not supported: what asks for nothing but the usual."""


class Text(Strict):
    type: Literal["text"]
    text: str


class ImageUrl(Strict):
    url: str
    detail: Literal["auto", "low", "high"] = "auto"


class Image(Strict):
    type: Literal["image_url"]
    image_url: ImageUrl


class AudioData(Strict):
    data: str
    format: Literal["wav", "mp3"]


class Audio(Strict):
    type: Literal["input_audio"]
    input_audio: AudioData


class FileData(Strict):
    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


class File(Strict):
    type: Literal["file"]
    file: FileData


Part = Annotated[Text | Image | Audio | File, Field(discriminator="type")]


class Instruction(Strict):
    role: Literal["system", "developer"]
    content: str | Annotated[list[Text], Parts]
    name: str | None = None


class FromUser(Strict):
    role: Literal["user"]
    content: str | Annotated[list[Part], Parts]
    name: str | None = None


class FromAssistant(Strict):
    role: Literal["assistant"]
    content: str | Annotated[list[Text], Parts]
    name: str | None = None
    refusal: None = None
    audio: None = None
    annotations: list[Any] | None = None
    tool_calls: None = None
    function_call: None = None


Message = Annotated[Instruction | FromUser | FromAssistant, Field(discriminator="role")]


class StreamOptions(Strict):
    include_usage: bool = False
    include_obfuscation: bool = False


class JsonSchema(Strict):
    name: SchemaName
    schema_: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(Strict):
    type: Literal["text", "json_schema"]
    json_schema: JsonSchema | None = None


class ChatRequest(Strict):
    """The body."""

    model: str
    messages: Annotated[list[Message], Field(min_length=1), Messages]
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    reasoning_effort: Effort | None = None
    response_format: ResponseFormat | None = None


def said_in(request: ChatRequest) -> Said:
    """The conversation.

    Raises:
        InvalidParameter: a message is empty, or they do not end with one of the user's.
    """
    said = Said()
    for number, message in enumerate(request.messages):
        param = f"messages[{number}].content"
        text = _text_of(message.content)
        if isinstance(message, Instruction):
            said.instruct(text, param=param)
        elif isinstance(message, FromAssistant):
            said.add("model", text, param=param)
        else:
            said.add("user", text, _files_of(message.content, param=param), param=param)
    said.complete(param="messages")
    return said


def _text_of(content: str | Sequence[Any]) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(part.text for part in content if isinstance(part, Text))


def _files_of(content: str | Sequence[Any], *, param: str) -> list[Attached]:
    parts = [] if isinstance(content, str) else content
    return [
        _file_of(part, param=f"{param}[{number}].{part.type}")
        for number, part in enumerate(parts)
        if not isinstance(part, Text)
    ]


def _file_of(part: Image | Audio | File, *, param: str) -> Attached:
    if isinstance(part, Image):
        return inline_files.of_url(part.image_url.url, param=f"{param}.url")
    if isinstance(part, Audio):
        given = part.input_audio
        return inline_files.of_base64(given.data, name=f"audio.{given.format}", param=f"{param}.data")
    return inline_files.of_either(
        data=part.file.file_data, name=part.file.filename, file_id=part.file.file_id, param=param
    )


def parse(body: dict[str, Any]) -> ChatRequest:
    """Validate a request.

    Raises:
        InvalidParameter: as `parameters.read` raises it.
    """
    return read(body, into=ChatRequest, neutral=NEUTRAL)


def asked_by(request: ChatRequest, said: Said) -> Asked:
    """What a request asks of the model.

    Raises:
        InvalidParameter: its schema is not one that the model takes.
    """
    return Asked(
        model=request.model,
        instruction=said.instruction,
        temperature=request.temperature,
        max_output_tokens=request.max_completion_tokens or request.max_tokens,
        thinking=THINKING[request.reasoning_effort] if request.reasoning_effort else "",
        response_schema=_schema_of(request.response_format),
        turns=said.turns,
    )


def _schema_of(format_: ResponseFormat | None) -> dict[str, Any] | None:
    if format_ is None or format_.type == "text":
        return None
    if format_.json_schema is None:
        raise InvalidParameter("It is required.", param="response_format.json_schema")
    check_description(format_.json_schema.description, param="response_format.json_schema.description")
    return checked_schema(format_.json_schema.schema_, param="response_format.json_schema.schema")
