"""What `POST /v1/chat/completions` takes, and what it means for a reply."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from billing.models import Tier
from chatrooms.openai.errors import ContextTooLong, InvalidParameter
from chatrooms.openai.parameters import Strict, read
from chatrooms.replies.asked import Asked
from chatrooms.replies.json_replies import InvalidSchema, validate_schema
from config.text import MAX_MARKS, Marks, shows_nothing
from gemini.storable import storable
from gemini.tokens import TURN_OVERHEAD, estimate

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

THINKING: Final = {"none": "off", "minimal": "off", "low": "low", "medium": "medium", "high": "high"}
"""`reasoning_effort`: each is taken as the nearest level that the model has."""


class Text(Strict):
    type: Literal["text"]
    text: str


class ImageUrl(Strict):
    url: str
    detail: Literal["auto", "low", "high"] = "auto"


class Image(Strict):
    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[Text | Image, Field(discriminator="type")]


class Instruction(Strict):
    role: Literal["system", "developer"]
    content: str | list[Text]
    name: str | None = None


class FromUser(Strict):
    role: Literal["user"]
    content: str | list[Part]
    name: str | None = None


class FromAssistant(Strict):
    role: Literal["assistant"]
    content: str | list[Text]
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
    name: str
    schema_: dict[str, Any] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class ResponseFormat(Strict):
    type: Literal["text", "json_schema"]
    json_schema: JsonSchema | None = None


class ChatRequest(Strict):
    """The body."""

    model: str
    messages: list[Message] = Field(min_length=1, max_length=2_000)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    response_format: ResponseFormat | None = None


class Conversation:
    """The messages of a request as a prompt needs them: an instruction, turns that alternate, and the question."""

    def __init__(self, request: ChatRequest) -> None:
        self.instruction = "\n\n".join(
            _text_of(message.content) for message in request.messages if isinstance(message, Instruction)
        )
        self.turns: list[dict[str, Any]] = []
        for number, message in enumerate(request.messages):
            if not isinstance(message, Instruction):
                self._add("user" if isinstance(message, FromUser) else "model", _text_of(message.content), number)
        if not self.turns or self.turns[-1]["role"] != "user":
            raise InvalidParameter("The last message has to be the user's.", param="messages")
        if self.turns[0]["role"] != "user":
            raise InvalidParameter("The first message after the instructions has to be the user's.", param="messages")
        self.question = str(self.turns.pop()["text"])

    def _add(self, role: str, text: str, number: int) -> None:
        """Add a turn; two of the same role in a row become one, since the model takes them in turns only."""
        param = f"messages[{number}].content"
        if shows_nothing(text):
            raise InvalidParameter("A message may not be empty.", param=param)
        if storable(text) != text or Marks().too_many_in(text):
            raise InvalidParameter(
                f"No NUL, no half of a surrogate pair, and at most {MAX_MARKS} combining marks in a row.", param=param
            )
        if self.turns and self.turns[-1]["role"] == role:
            self.turns[-1]["text"] += f"\n\n{text}"
        else:
            self.turns.append({"role": role, "text": text})

    def check_length(self, tier: Tier) -> None:
        """Refuse what does not fit into the tier's context: nothing that the client says is left out.

        Raises:
            ContextTooLong: it does not.
        """
        texts: Iterable[str] = (self.instruction, self.question, *(turn["text"] for turn in self.turns))
        tokens = sum(estimate(text) + TURN_OVERHEAD for text in texts)
        if tokens > tier.context_tokens:
            raise ContextTooLong(f"About {tokens} tokens; your tier has {tier.context_tokens}.", param="messages")


def _text_of(content: str | list[Any]) -> str:
    return content if isinstance(content, str) else "\n\n".join(part.text for part in content if part.type == "text")


def parse(body: dict[str, Any]) -> ChatRequest:
    """Validate a request.

    Raises:
        InvalidParameter: as `parameters.read` raises it.
    """
    return read(body, into=ChatRequest, neutral=NEUTRAL)


def asked_by(request: ChatRequest, conversation: Conversation) -> Asked:
    """What a request asks of the model.

    Raises:
        InvalidParameter: its schema is not one that the model takes.
    """
    return Asked(
        model=request.model,
        instruction=conversation.instruction,
        temperature=request.temperature,
        max_output_tokens=request.max_completion_tokens or request.max_tokens,
        thinking=THINKING[request.reasoning_effort] if request.reasoning_effort else "",
        response_schema=_schema_of(request.response_format),
        turns=conversation.turns,
    )


def _schema_of(format_: ResponseFormat | None) -> dict[str, Any] | None:
    if format_ is None or format_.type == "text":
        return None
    if format_.json_schema is None:
        raise InvalidParameter("It is required.", param="response_format.json_schema")
    try:
        validate_schema(format_.json_schema.schema_)
    except InvalidSchema as error:
        raise InvalidParameter(str(error), param="response_format.json_schema.schema") from None
    return format_.json_schema.schema_
