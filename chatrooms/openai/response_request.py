"""What `POST /v1/responses` takes, and what it means for a reply."""

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
    "access_programs": (),
    "background_options": (),
    "context_management": ([],),
    "image": (),
    "include": ([],),
    "max_tool_calls": (),
    "moderation": (),
    "parallel_tool_calls": (True, False),
    "prompt": (),
    "service_tier": ("auto", "default"),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
    "top_p": (1,),
    "truncation": ("auto", "disabled"),
}
"""Of the parameters that are not supported: what asks for nothing but the usual."""


class InputText(Strict):
    type: Literal["input_text"]
    text: str


class OutputText(Strict):
    type: Literal["output_text"]
    text: str
    annotations: list[Any] = []
    logprobs: list[Any] | None = None


class InputImage(Strict):
    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high"] = "auto"


class InputFile(Strict):
    type: Literal["input_file"]
    file_data: str | None = None
    filename: str | None = None
    file_id: str | None = None


Part = Annotated[InputText | InputImage | InputFile, Field(discriminator="type")]


class Item(Strict):
    type: Literal["message"] = "message"
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    phase: None = None


class Instruction(Item):
    role: Literal["system", "developer"]
    content: str | Annotated[list[InputText], Parts]


class FromUser(Item):
    role: Literal["user"]
    content: str | Annotated[list[Part], Parts]


class FromAssistant(Item):
    role: Literal["assistant"]
    content: str | Annotated[list[OutputText], Parts]


Message = Annotated[Instruction | FromUser | FromAssistant, Field(discriminator="role")]


class JsonSchema(Strict):
    type: Literal["json_schema"]
    name: SchemaName
    schema_: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class PlainText(Strict):
    type: Literal["text"]


class TextConfig(Strict):
    format: Annotated[PlainText | JsonSchema, Field(discriminator="type")] | None = None
    verbosity: Literal["medium"] | None = None


class Reasoning(Strict):
    effort: Effort | None = None
    summary: None = None


class StreamOptions(Strict):
    include_obfuscation: bool = False


class ConversationId(Strict):
    id: str


class ResponseRequest(Strict):
    """The body."""

    model: str = ""
    input: str | Annotated[list[Message], Messages]
    instructions: str = ""
    previous_response_id: str | None = None
    conversation: str | ConversationId | None = None
    background: bool = False
    store: bool = True
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_output_tokens: int | None = Field(default=None, ge=1)
    reasoning: Reasoning = Reasoning()
    text: TextConfig = TextConfig()

    @property
    def conversation_id(self) -> str | None:
        """However it is given."""
        return self.conversation.id if isinstance(self.conversation, ConversationId) else self.conversation


def parse(body: dict[str, Any]) -> ResponseRequest:
    """Validate a request.

    Raises:
        InvalidParameter: as `parameters.read` raises it, and for what excludes each other.
    """
    request = read(body, into=ResponseRequest, neutral=NEUTRAL)
    if request.previous_response_id and request.conversation_id:
        raise InvalidParameter("Either this or conversation.", param="previous_response_id")
    if request.background and not request.store:
        raise InvalidParameter("What is not stored cannot run in the background.", param="background")
    if request.conversation_id and not request.store:
        raise InvalidParameter("A conversation is stored.", param="store")
    return request


def said_in(request: ResponseRequest) -> Said:
    """What the request says beside what was said before.

    Raises:
        InvalidParameter: a message is empty, or they do not end with one of the user's.
    """
    said = Said()
    said.instruct(request.instructions, param="instructions")
    items = request.input
    if isinstance(items, str):
        said.add("user", items, param="input")
    else:
        for number, item in enumerate(items):
            _add(said, item, param=f"input[{number}].content")
    said.complete(param="input")
    return said


def _add(said: Said, item: Instruction | FromUser | FromAssistant, *, param: str) -> None:
    text = _text_of(item.content)
    if isinstance(item, Instruction):
        said.instruct(text, param=param)
    elif isinstance(item, FromAssistant):
        said.add("model", text, param=param)
    else:
        said.add("user", text, _files_of(item.content, param=param), param=param)


def _text_of(content: str | Sequence[Any]) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(part.text for part in content if isinstance(part, InputText | OutputText))


def _files_of(content: str | Sequence[Any], *, param: str) -> list[Attached]:
    parts = [] if isinstance(content, str) else content
    return [
        _file_of(part, param=f"{param}[{number}]")
        for number, part in enumerate(parts)
        if not isinstance(part, InputText)
    ]


def _file_of(part: InputImage | InputFile, *, param: str) -> Attached:
    if isinstance(part, InputFile):
        return inline_files.of_either(data=part.file_data, name=part.filename, file_id=part.file_id, param=param)
    if part.image_url is not None and part.file_id is None:
        return inline_files.of_url(part.image_url, param=f"{param}.image_url")
    return inline_files.of_either(data=part.image_url, name=None, file_id=part.file_id, param=param)


def asked_by(request: ResponseRequest, said: Said, *, metadata: dict[str, str] | None) -> Asked:
    """What a request asks of the model, and what its response repeats.

    Raises:
        InvalidParameter: its schema is not one that the model takes.
    """
    schema, format_ = None, request.text.format
    if isinstance(format_, JsonSchema):
        check_description(format_.description, param="text.format.description")
        schema = checked_schema(format_.schema_, param="text.format.schema")
    return Asked(
        model=request.model,
        instruction=said.instruction or (None if request.conversation_id else ""),
        temperature=request.temperature,
        max_output_tokens=request.max_output_tokens,
        thinking=THINKING[request.reasoning.effort] if request.reasoning.effort else "",
        response_schema=schema,
        turns=said.turns,
        repeated={
            "instructions": request.instructions or None,
            "background": request.background,
            "previous_response_id": request.previous_response_id,
            "conversation": request.conversation_id,
            "metadata": metadata or {},
            "text": request.text.model_dump(exclude_none=True, by_alias=True) or {"format": {"type": "text"}},
        },
    )
