"""The values that cross the boundary to Gemini: plain ones, the same for every SDK."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One side's contribution to a conversation."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request for a reply: the conversation so far, oldest turn first, and the options of the reply.

    `max_output_tokens` counts thinking too: https://ai.google.dev/gemini-api/docs/thinking.
    `temperature` runs from 0 to 2; None leaves it to the model.
    """

    turns: tuple[Turn, ...]
    model: str
    max_output_tokens: int
    system_instruction: str = ""
    temperature: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call. `output_tokens` is what Google bills as output: the reply and the thinking.

    None means that the vendor did not report it; `estimated`, that a count is our estimate for that reason.
    """

    prompt_tokens: int | None
    output_tokens: int | None
    estimated: bool = False


UNKNOWN_USAGE: Final = Usage(prompt_tokens=None, output_tokens=None)


class FinishReason(StrEnum):
    """How a usable reply ended. Every other end is a `gemini.exceptions.ProviderError`."""

    STOP = "stop"
    MAX_TOKENS = "max_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One event of a provider's stream, before the checks that all providers share.

    `finish_reason` is the vendor's own word ("STOP", "SAFETY", …), empty until the reply ends.
    `prompt_blocked` says that the vendor refused the prompt itself.
    """

    text: str = ""
    finish_reason: str = ""
    prompt_blocked: bool = False
    usage: Usage | None = None
    model: str = ""
