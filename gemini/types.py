"""What crosses the boundary to Gemini: plain values, whichever SDK carries them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One side's contribution to a conversation."""

    role: Literal["user", "model"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One request for a reply: the conversation so far, oldest turn first, and how to answer it.

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
    """Tokens of one call. `output_tokens` is what Google bills as output: the answer and the thinking.

    None means that the vendor did not say; `estimated`, that a count is our guess since it did not.
    """

    prompt_tokens: int | None
    output_tokens: int | None
    estimated: bool = False


class FinishReason(StrEnum):
    """How a usable answer ended. Every other end is a `gemini.exceptions.ProviderError`."""

    STOP = "stop"
    MAX_TOKENS = "max_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One event of a provider's stream, before the checks that all providers share.

    `finish_reason` is the vendor's own word ("STOP", "SAFETY", …), empty until the answer ends.
    `prompt_blocked` says that the vendor refused the prompt itself.
    """

    text: str = ""
    finish_reason: str = ""
    prompt_blocked: bool = False
    usage: Usage | None = None
    model: str = ""
