"""The values that cross the boundary to Gemini: plain ones, the same for every SDK."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal


class Thinking(StrEnum):
    """How much a model thinks before it replies, the least first. `OFF` is the least that the model allows."""

    OFF = "off"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A picture, a document or a sound of a turn: its bytes, or where the vendor keeps them (`gemini.files`).

    Attributes:
        tokens: an estimate of what the model counts for it.
    """

    mime_type: str
    tokens: int
    data: bytes = field(default=b"", repr=False)
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One side's contribution to a conversation; `media` come before the text."""

    role: Literal["user", "model"]
    text: str
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request for a reply: the conversation so far, oldest turn first, and the options of the reply.

    Attributes:
        max_output_tokens: of the visible text; room for the thinking is added to it.
        temperature: 0 to 2; None leaves it to the model.
        thinking: None leaves it to the model.
        show_thoughts: ask for a summary of the thoughts.
        search: let the model search with Google.
        response_schema: a JSON schema that the reply must match; the reply is then JSON.
    """

    turns: tuple[Turn, ...]
    model: str
    max_output_tokens: int
    system_instruction: str = ""
    temperature: float | None = None
    thinking: Thinking | None = None
    show_thoughts: bool = False
    search: bool = False
    response_schema: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call, as the vendor counts them; None for a count that it did not report.

    Attributes:
        prompt_tokens: input, with what was cached.
        output_tokens: what is billed as output: the text and the thinking; None while the text has not been counted.
        cached_tokens: the part of `prompt_tokens` that the vendor had cached, and bills for less.
        tool_tokens: input that the vendor's tools added, search results for example.
        thought_tokens: the part of `output_tokens` that was thinking.
        estimated: a count is our estimate.
    """

    prompt_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None = None
    tool_tokens: int | None = None
    thought_tokens: int | None = None
    estimated: bool = False


UNKNOWN_USAGE: Final = Usage(prompt_tokens=None, output_tokens=None)


class FinishReason(StrEnum):
    """How a usable reply ended. Every other end is a `gemini.exceptions.ProviderError`."""

    STOP = "stop"
    MAX_TOKENS = "max_tokens"


class PartKind(StrEnum):
    """What a piece of a reply is. `CODE` was run by the vendor, and `CODE_RESULT` is what it printed.

    `RESTART` says that another call begins, and that the pieces before it, which can only be thoughts, do not count.
    """

    RESTART = "restart"
    TEXT = "text"
    THOUGHT = "thought"
    CODE = "code"
    CODE_RESULT = "code_result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a reply, or the next piece of one."""

    kind: PartKind = PartKind.TEXT
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A range of the reply's text, in UTF-8 bytes as the vendor counts them; `text` is what stands there, if given."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page on the web that the vendor names as a source."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """A range of the text, and the pages that it rests on: by their index among all pages of the reply so far."""

    span: Span
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A source of a reply, and the ranges of the text that rest on it."""

    page: Page
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One event of a provider's stream, before the checks that all providers share.

    Attributes:
        pieces: what the event adds to the reply, in order.
        finish_reason: the vendor's own word ("STOP", "SAFETY", …), empty until the reply ends.
        prompt_blocked: the vendor refused the prompt itself.
        pages: further pages that the search found; `supports` count them across all events.
        citations: what the text quotes, with its place.
        search_suggestions: HTML that Google's terms require to be shown with a reply that rests on a search.
        dropped: the kinds of parts that cannot be kept ("inline_data", …), once for each part.
    """

    pieces: tuple[Piece, ...] = ()
    finish_reason: str = ""
    prompt_blocked: bool = False
    usage: Usage | None = None
    model: str = ""
    response_id: str = ""
    service_tier: str = ""
    pages: tuple[Page, ...] = ()
    supports: tuple[Support, ...] = ()
    citations: tuple[Reference, ...] = ()
    search_suggestions: str = ""
    dropped: tuple[str, ...] = ()

    @classmethod
    def of_text(cls, text: str, **others: Any) -> "Chunk":
        """An event that adds a piece of text."""
        return cls(pieces=(Piece(text=text),), **others)

    @property
    def text(self) -> str:
        """The visible text that it adds."""
        return "".join(piece.text for piece in self.pieces if piece.kind is PartKind.TEXT)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file that the vendor keeps for a while.

    Attributes:
        name: by which it is found and deleted.
        url: what a prompt names it by.
        state: PROCESSING, ACTIVE or FAILED.
    """

    name: str
    url: str
    expires_at: datetime | None = None
    state: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """What the vendor says of a model; None for what it does not say."""

    output_token_limit: int | None = None
    thinks: bool | None = None
